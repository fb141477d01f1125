//! What one run may reach: nothing that is not named here.

use std::sync::Arc;

use convoke_domain::allow_list::DomainAllowList;

use crate::egress::RateLimit;

/// Permissions of one run.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Hosts it may call.
    pub domains: Arc<DomainAllowList>,
    /// Its function's share of outbound requests; the same value for all runs of a function.
    pub rate: Arc<RateLimit>,
}

impl Grant {
    /// Reaches nothing.
    pub fn nothing() -> Self {
        Self { domains: Arc::new(DomainAllowList::default()), rate: Arc::new(RateLimit::default()) }
    }

    /// Reaches these hosts, with a rate limit of its own.
    pub fn to(domains: DomainAllowList) -> Self {
        Self { domains: Arc::new(domains), rate: Arc::new(RateLimit::default()) }
    }
}
