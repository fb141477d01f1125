function lambda(input, callback) {
  try {
    callback(null, input.payload.customer.address.city);
  } catch (error) {
    callback(null, { name: error.name, message: error.message });
  }
}
