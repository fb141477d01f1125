//! What the tests of the built binary stand on: server processes, clients, a die.
//!
//! Nothing here knows the server's code but its public contract (`convoke-api`): what is proven here holds for anybody
//! who starts the binary and speaks to it.

pub mod dice;
pub mod http;
pub mod live;
pub mod receiver;
pub mod server;

use std::time::Duration;

/// Lets real time go by, where time itself is what is tested.
pub async fn elapse(time: Duration) {
    let never = std::future::pending::<()>();
    let passed = tokio::time::timeout(time, never).await;
    debug_assert!(passed.is_err(), "nothing ends what never does");
}
