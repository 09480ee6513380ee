//! The table from (algorithm, kid) to the keys that may verify a token, computed once for each key set.

use crate::document::jwks::SigningKey;
use crate::environment::SigningAlg;

const ALGS: usize = SigningAlg::ALL.len();

/// The answers to all look-ups that find a key.
#[derive(Clone)]
pub(super) struct KeyTable {
    /// The rows of one algorithm are adjacent, so that a scan passes no row of another.
    rows: Vec<Row>,
    /// Algorithm `a` has the rows `starts[a]..starts[a + 1]`.
    starts: [usize; ALGS + 1],
}

#[derive(Clone)]
struct Row {
    /// `None` is the row for tokens without a kid.
    kid: Option<Box<str>>,
    tail: u64,
    /// Indices of the keys, in the order served.
    keys: Box<[usize]>,
}

impl KeyTable {
    /// Computes the answers. `published` are the algorithms that a key without `alg` may serve.
    pub(super) fn new(keys: &[&SigningKey], published: &[SigningAlg]) -> Self {
        let mut table = Self { rows: Vec::new(), starts: [0; ALGS + 1] };
        for &alg in SigningAlg::ALL {
            let serving = |&index: &usize| keys[index].serves(alg, published);
            let serving: Vec<usize> = (0..keys.len()).filter(serving).collect();
            // A token without a kid means a key only where there is no choice; a guess among several could be wrong.
            if serving.len() == 1 {
                table.rows.push(Row::new(None, &serving));
            }
            for (place, &index) in serving.iter().enumerate() {
                let has_kid = |&other: &usize| keys[other].kid() == keys[index].kid();
                // A key without a kid matches no token with one. A kid gets its row at its first key.
                if keys[index].kid().is_some() && !serving[..place].iter().any(has_kid) {
                    let candidates: Vec<usize> = serving[place..].iter().copied().filter(has_kid).collect();
                    table.rows.push(Row::new(keys[index].kid(), &candidates));
                }
            }
            table.starts[alg as usize + 1] = table.rows.len();
        }
        table
    }

    /// Finds the row for a token with this header. A kid matches byte for byte.
    #[inline]
    pub(super) fn find(&self, kid: Option<&str>, alg: SigningAlg) -> Option<usize> {
        let (start, end) = (self.starts[alg as usize], self.starts[alg as usize + 1]);
        let tail = tail(kid);
        let is_meant = |row: &Row| row.tail == tail && row.kid.as_deref() == kid;
        self.rows[start..end].iter().position(is_meant).map(|place| start + place)
    }

    /// Returns the indices of the keys of a row.
    #[inline]
    pub(super) fn keys(&self, row: usize) -> &[usize] {
        &self.rows[row].keys
    }
}

impl Row {
    fn new(kid: Option<&str>, keys: &[usize]) -> Self {
        Self { kid: kid.map(Box::from), tail: tail(kid), keys: keys.into() }
    }
}

/// Returns the last eight bytes of a kid that has as many. Kids of one provider tend to share a beginning and differ at the end,
/// so that comparing these first saves a call to `memcmp` for each row that does not match.
#[inline]
fn tail(kid: Option<&str>) -> u64 {
    kid.and_then(|kid| kid.as_bytes().last_chunk()).map_or(0, |tail| u64::from_ne_bytes(*tail))
}
