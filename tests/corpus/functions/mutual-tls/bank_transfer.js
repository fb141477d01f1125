const { Toolbelt } = require("lp-faas-toolbelt");

const secretClient = Toolbelt.SecretClient();

async function lambda(input, callback) {
  try {
    const [cert, key, ca] = await Promise.all(["bank_cert", "bank_key", "bank_ca"].map((name) => secretClient.readSecret(name)));
    const mtls = Toolbelt.MTLSClient({ cert: cert.value, key: key.value, ca: ca.value });
    const response = await mtls.post(
      `${process.env.BANK_URL}/v1/payments`,
      { "X-Idempotency-Key": input.payload.orderId, Accept: "application/json" },
      { amount: input.payload.amount, currency: "EUR", reference: `Order ${input.payload.orderId}` },
      { json: true }
    );
    console.info(`bank answered with ${response.statusCode}`);
    callback(null, { id: response.body.id, type: response.headers["content-type"] });
  } catch (e) {
    console.error("payment failed", e.message);
    callback(e);
  }
}
