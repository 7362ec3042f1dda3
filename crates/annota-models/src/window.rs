//! Long texts: windows that overlap, and for every piece the window in which it stands most central.

use std::ops::Range;

/// One window over the pieces of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The pieces that the model sees together.
    pub pieces: Range<usize>,
    /// The pieces, out of those, that take their vectors from this window.
    pub own: Range<usize>,
}

/// Covers `count` pieces with windows of at most `size`, neighbours sharing at least a quarter of it. The `own`
/// ranges cover every piece once. A text that fits has one window.
pub fn windows(count: usize, size: usize) -> Vec<Window> {
    let size = size.max(1);
    if count <= size {
        return vec![Window { pieces: 0..count, own: 0..count }];
    }
    let step = size - size / 4;
    let last = count - size;
    let starts: Vec<usize> = (0..last).step_by(step).chain([last]).collect();
    // Two windows that overlap meet in the middle of what they share: there their pieces are equally central.
    let border = |left: usize, right: usize| usize::midpoint(right, left + size);
    let mut own_start = 0;
    starts
        .iter()
        .enumerate()
        .map(|(index, &start)| {
            let own_end = starts.get(index + 1).map_or(count, |&next| border(start, next));
            let window = Window { pieces: start..start + size, own: own_start..own_end };
            own_start = own_end;
            window
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::windows;

    #[test]
    fn every_piece_is_owned_once_and_most_central() {
        for (count, size) in [(0, 8), (1, 8), (8, 8), (9, 8), (100, 8), (101, 7), (5000, 510), (3, 1)] {
            let windows = windows(count, size);
            let owned: Vec<usize> = windows.iter().flat_map(|window| window.own.clone()).collect();
            assert_eq!(owned, (0..count).collect::<Vec<_>>(), "{count} {size}");
            for window in &windows {
                assert!(window.pieces.len() <= size && window.pieces.end <= count);
                for piece in window.own.clone() {
                    let edge = |range: &std::ops::Range<usize>| {
                        let left = if range.start == 0 { usize::MAX } else { piece - range.start };
                        let right = if range.end == count { usize::MAX } else { range.end - 1 - piece };
                        left.min(right)
                    };
                    let seen = windows.iter().filter(|other| other.pieces.contains(&piece));
                    let best = seen.map(|other| edge(&other.pieces)).max();
                    let own = edge(&window.pieces);
                    assert!(best.is_none_or(|best| own >= best || best - own <= 1), "{count} {size} {piece}");
                }
            }
        }
    }
}
