//! Is a PBF file whole? Walks from block to block by their stated sizes, without reading what is in them.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Largest header of a block, bytes (PBF format).
const LARGEST_HEADER: u32 = 64 << 10;

/// Whether the last block ends where the file ends. What makes no sense otherwise is left to the reader of the blocks.
///
/// Cost: a small read a block.
pub(super) fn end_with_the_file(file: File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut input = BufReader::new(file);
    let mut at = 0;
    while at < length {
        let mut size = [0; 4];
        if length - at < 4 {
            return Ok(false);
        }
        input.read_exact(&mut size)?;
        let size = u32::from_be_bytes(size);
        if size > LARGEST_HEADER || u64::from(size) > length - at - 4 {
            return Ok(false);
        }
        let mut header = vec![0; size as usize];
        input.read_exact(&mut header)?;
        let Some(data) = data_size(&header) else { return Ok(false) };
        at = at.saturating_add(4 + u64::from(size)).saturating_add(data);
        input.seek(SeekFrom::Start(at))?;
    }
    Ok(at == length)
}

/// Field 3 of a `BlobHeader`: how many bytes follow it.
fn data_size(mut header: &[u8]) -> Option<u64> {
    let mut found = None;
    while !header.is_empty() {
        let tag = varint(&mut header)?;
        match tag & 7 {
            0 => {
                let value = varint(&mut header)?;
                if tag >> 3 == 3 {
                    found = Some(value);
                }
            }
            2 => {
                let length = usize::try_from(varint(&mut header)?).ok()?;
                header = header.get(length..)?;
            }
            _ => return None,
        }
    }
    found
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
