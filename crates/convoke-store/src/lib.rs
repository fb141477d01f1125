//! What we need of storage, and the engines everyone has: memory and SQLite.
