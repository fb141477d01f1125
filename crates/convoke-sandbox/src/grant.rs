//! What one run may reach: nothing that is not named here.

use std::sync::Arc;

use convoke_domain::allow_list::DomainAllowList;

use crate::egress::RateLimit;
use crate::platform::Platform;

/// Permissions of one run.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Hosts it may call.
    pub domains: Arc<DomainAllowList>,
    /// Its function's share of outbound requests; the same value for all runs of a function.
    pub rate: Arc<RateLimit>,
    /// The platform, in the name of this run; without one, what needs it fails with a named error.
    pub platform: Option<Arc<dyn Platform>>,
}

impl Grant {
    /// Reaches nothing.
    pub fn nothing() -> Self {
        Self {
            domains: Arc::new(DomainAllowList::default()),
            rate: Arc::new(RateLimit::default()),
            platform: None,
        }
    }

    /// Reaches these hosts, with a rate limit of its own.
    pub fn to(domains: DomainAllowList) -> Self {
        Self { domains: Arc::new(domains), ..Self::nothing() }
    }

    /// The same, with a platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Arc<dyn Platform>) -> Self {
        self.platform = Some(platform);
        self
    }
}
