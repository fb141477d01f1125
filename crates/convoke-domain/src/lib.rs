//! What the business is: the pure model of conversations, functions and the Controller Bot.
