//! What we promise to others: request, response and payload types, error codes.
