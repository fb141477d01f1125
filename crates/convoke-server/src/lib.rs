//! Puts the engine on the network: HTTP, WebSocket, authentication, pages.
