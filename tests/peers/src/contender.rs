//! The contenders that are compared.

/// A way to find a provider's verification keys, which are there already.
pub trait Contender: Sync {
    /// Finds the key of a kid and gives it to [`black_box`](std::hint::black_box), as the caller would have it: borrowed, shared
    /// or cloned.
    ///
    /// # Panics
    ///
    /// If there is no such key.
    fn find(&self, kid: &str);
}

/// A contender that can be made to take its keys anew.
pub trait Refreshing: Contender {
    /// Takes the keys anew and returns when they are in use.
    ///
    /// # Panics
    ///
    /// If that fails.
    fn refresh(&self);
}
