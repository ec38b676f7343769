//! What a caller may do.

/// A role: what of the API is open to whoever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads everything but what was set aside.
    Bank,
    /// Reads what its own merchants have.
    Merchant,
    /// Reads consumption.
    Marketing,
    /// Closes days, sends again what was set aside, rebuilds projections.
    Operator,
    /// Appends events.
    Ingest,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bank, Self::Merchant, Self::Marketing, Self::Operator, Self::Ingest];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Merchant => "merchant",
            Self::Marketing => "marketing",
            Self::Operator => "operator",
            Self::Ingest => "ingest",
        }
    }

    /// The role of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Roles of one caller, which add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Every role.
    pub fn all() -> Self {
        Role::ALL.into_iter().collect()
    }

    /// Whether this is one of them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether any of these is one of them.
    pub fn has_any(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_add_up() {
        let roles: Roles = [Role::Merchant, Role::Ingest].into_iter().collect();
        assert!(roles.has(Role::Merchant) && roles.has(Role::Ingest) && !roles.has(Role::Bank));
        assert!(roles.has_any(&[Role::Bank, Role::Ingest]) && !roles.has_any(&[Role::Bank]) && !roles.has_any(&[]));
        assert!(Roles::default().is_empty() && Roles::all().has_any(&[Role::Marketing]));
        for role in Role::ALL {
            assert_eq!(Role::find(role.as_str()), Some(role));
        }
    }
}
