//! Pure rules: `fold(state, record) → state, entries`.
