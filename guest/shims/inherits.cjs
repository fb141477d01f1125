// `inherits`, from the guest's `util`.
module.exports = require('util').inherits;
