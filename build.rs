//! Lets the page be built in: its folder is there, be it empty, and the program is built again when it changes.

fn main() {
    let page = std::path::Path::new("web/dist");
    // Without the folder cargo could not tell when it appears. A tree that cannot be written to has no page.
    if !page.exists() {
        drop(std::fs::create_dir_all(page));
    }
    println!("cargo::rerun-if-changed=web/dist");
}
