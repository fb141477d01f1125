function lambda(input, callback) {
  Promise.resolve(input.payload.items)
    .then((items) => items.map((item) => {
      if (typeof item.price !== "number") throw new TypeError("price of " + item.sku + " is a " + typeof item.price);
      return item.price * item.count;
    }))
    .then((prices) => callback(null, prices.reduce((a, b) => a + b, 0)))
    .catch((e) => {
      console.error("failed to add up", e);
      callback(e);
    });
}
