async function lambda(input, callback) {
  const limit = await lookUp(input.payload.customer);
  if (input.payload.amount > limit) {
    throw new RangeError(`amount ${input.payload.amount} is over the limit of ${limit}`);
  }
  callback(null, true);
}

const lookUp = async (customer) => ({ ada: 100 }[customer]);
