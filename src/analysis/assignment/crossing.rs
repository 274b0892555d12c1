//! Plans crossed: what all parents agree on is joined to cells, so that only what they dispute is still open.
//!
//! Which plans are crossed, and what is done with the cells, is up to the searches.

use super::model::Model;

pub(super) struct Crossing {
    /// The model of the cells.
    pub model: Model,
    /// Labels of the cells as in the first parent.
    pub label: Vec<u32>,
    /// The cell of each unit.
    cell: Vec<u32>,
}

impl Crossing {
    /// `parents`: labels of all units, at least one plan. Cost: linear in units and pins.
    pub fn new(model: &Model, parents: &[&[u32]]) -> Self {
        let mut key = vec![0u64; model.units()];
        for parent in parents {
            for (key, &label) in key.iter_mut().zip(*parent) {
                *key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(label) + 1);
            }
        }
        let (cell, cells) = model.pieces(&key);
        let mut label = vec![0; cells];
        cell.iter().zip(parents[0]).for_each(|(&cell, &own)| label[cell as usize] = own);
        Self { model: model.contracted(&cell, cells), label, cell }
    }

    /// Labels of cells as labels of units.
    pub fn spread(&self, label: &[u32]) -> Vec<u32> {
        self.cell.iter().map(|&cell| label[cell as usize]).collect()
    }
}
