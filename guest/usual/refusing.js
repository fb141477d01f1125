// Fails, as functions do: what it read is not there.
const lambda = async ({ payload }) => {
  const order = payload.order;
  return { type: 'systemMessage', text: `Order ${order.number}` };
};
