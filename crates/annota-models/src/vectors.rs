/// Vectors of one dimension, stored one after another. A vector may be absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dimension: usize,
    values: Vec<f32>,
    /// For each vector its place in `values`, counted in vectors.
    places: Vec<Option<usize>>,
}

impl Vectors {
    pub fn with_capacity(dimension: usize, vectors: usize) -> Self {
        let values = Vec::with_capacity(dimension * vectors);
        Vectors { dimension, values, places: Vec::with_capacity(vectors) }
    }

    /// Number of vectors, absent ones included.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Length of each vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub fn get(&self, index: usize) -> Option<&[f32]> {
        let place = (*self.places.get(index)?)?;
        self.values.get(place * self.dimension..(place + 1) * self.dimension)
    }

    pub fn iter(&self) -> impl Iterator<Item = Option<&[f32]>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Appends a vector of [`Vectors::dimension`] values.
    pub fn push(&mut self, vector: &[f32]) {
        debug_assert_eq!(vector.len(), self.dimension);
        self.places.push(Some(self.values.len() / self.dimension));
        self.values.extend_from_slice(vector);
    }

    pub fn push_absent(&mut self) {
        self.places.push(None);
    }
}
