//! Which sequences go through the layers together, and on how many threads.

use std::ops::Range;

/// Rows of a group, or pairs of rows: enough to spread the reading of the weights over, few enough for the second cache.
pub(crate) const GROUP_ROWS: usize = 168;
/// Rows of a group that all threads work on.
const TEAM_ROWS: usize = 512;
/// Whole sequences go to threads where that keeps them busy for at least this part of the time.
const BALANCE: f64 = 0.85;

/// Groups of neighbouring sequences.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    pub groups: Vec<Range<usize>>,
    /// All threads work on one group after the other; otherwise each thread takes a group.
    pub team: bool,
}

impl Plan {
    /// `lengths` of the sequences, `group` rows for a thread to take at once, `cost` of a sequence by its length.
    pub(crate) fn new(lengths: &[usize], threads: usize, group: usize, cost: impl Fn(usize) -> f64) -> Plan {
        let costs: Vec<f64> = lengths.iter().map(|&length| cost(length)).collect();
        let rows: usize = lengths.iter().sum();
        let groups = balanced(&costs, threads * rows.div_ceil(threads * group));
        if threads > 1 && balance(&costs, &groups, threads) < BALANCE {
            return Plan { groups: limited(lengths, TEAM_ROWS), team: true };
        }
        Plan { groups, team: false }
    }
}

/// At most `count` groups, ends as near as can be to even shares of the cost.
fn balanced(costs: &[f64], count: usize) -> Vec<Range<usize>> {
    let share = costs.iter().sum::<f64>() / count.max(1) as f64;
    let (mut groups, mut start, mut sum) = (Vec::new(), 0, 0.0);
    for (i, cost) in costs.iter().enumerate() {
        let end = (groups.len() + 1) as f64 * share;
        if i > start && sum + cost / 2.0 > end {
            groups.push(start..i);
            start = i;
        }
        sum += cost;
    }
    if start < costs.len() {
        groups.push(start..costs.len());
    }
    groups
}

/// Groups of at most `rows` rows, or of one sequence.
fn limited(lengths: &[usize], rows: usize) -> Vec<Range<usize>> {
    let (mut groups, mut start, mut sum) = (Vec::new(), 0, 0);
    for (i, length) in lengths.iter().enumerate() {
        if i > start && sum + length > rows {
            groups.push(start..i);
            (start, sum) = (i, 0);
        }
        sum += length;
    }
    if start < lengths.len() {
        groups.push(start..lengths.len());
    }
    groups
}

/// The part of the time for which threads are busy that take one group after the other.
fn balance(costs: &[f64], groups: &[Range<usize>], threads: usize) -> f64 {
    let mut busy = vec![0.0; threads];
    for group in groups {
        if let Some(first) = busy.iter_mut().min_by(|a: &&mut f64, b| a.total_cmp(b)) {
            *first += costs[group.clone()].iter().sum::<f64>();
        }
    }
    let longest = busy.iter().copied().fold(0.0, f64::max);
    if longest > 0.0 { costs.iter().sum::<f64>() / (longest * threads as f64) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lengths: &[usize], threads: usize) -> Plan {
        Plan::new(lengths, threads, GROUP_ROWS, |length| length as f64)
    }

    #[test]
    fn one_sequence_is_for_all_threads() {
        assert_eq!(plan(&[512], 2), Plan { groups: limited(&[512], 512), team: true });
        assert_eq!(plan(&[512], 1), Plan { groups: limited(&[512], 512), team: false });
        assert_eq!(plan(&[300, 300, 9], 4), Plan { groups: limited(&[300, 300, 9], 512), team: true });
    }

    #[test]
    fn many_sequences_are_shared_out() {
        let Plan { groups, team } = plan(&[32; 32], 2);
        assert!(!team);
        assert_eq!(groups, (0..8).map(|i| 4 * i..4 * i + 4).collect::<Vec<_>>());
    }

    #[test]
    fn every_sequence_is_in_one_group() {
        for threads in 1..5 {
            for count in 0..50 {
                let lengths: Vec<usize> = (0..count).map(|i| i * 37 % 91).collect();
                let groups = plan(&lengths, threads).groups;
                assert_eq!(groups.into_iter().flatten().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
            }
        }
    }
}
