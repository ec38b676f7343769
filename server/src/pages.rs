//! Pages of memory. The allocator asks the system for huge ones: a piece of two megabytes is then in memory as soon as one of its bytes
//! is used, and with a heap for each thread most of it never is. The budgets of memory are told in bytes that are used, so pages are
//! small: of 20 000 merchants in 12 partitions 534 MiB were in memory instead of 954.

/// Has the system back what is allocated from now on by small pages. Where it has none other, or does not let us, nothing changes.
pub fn keep_small() {
    #[cfg(target_os = "linux")]
    {
        _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}
