//! Nothing but the place of a test: `tests/day`, a week in a contact center, simulated and judged by a reference model.
