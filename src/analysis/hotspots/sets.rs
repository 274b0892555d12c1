//! Which things belong together: disjoint sets of numbers, united pair by pair.

pub(super) struct Sets {
    parent: Vec<u32>,
    size: Vec<u32>,
}

impl Sets {
    pub fn new(count: usize) -> Self {
        Self { parent: (0..count as u32).collect(), size: vec![1; count] }
    }

    pub fn root(&mut self, of: usize) -> usize {
        let mut at = of as u32;
        while self.parent[at as usize] != at {
            let above = self.parent[at as usize];
            self.parent[at as usize] = self.parent[above as usize];
            at = above;
        }
        at as usize
    }

    /// Answers the common root.
    pub fn unite(&mut self, a: usize, b: usize) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return a;
        }
        let (above, below) = if self.size[a] >= self.size[b] { (a, b) } else { (b, a) };
        self.parent[below] = above as u32;
        self.size[above] += self.size[below];
        above
    }
}
