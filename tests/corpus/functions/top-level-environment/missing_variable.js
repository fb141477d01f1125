const required = (name) => {
  const value = process.env[name];
  if (value === undefined) console.warn(`environment variable ${name} is not set, using default`);
  return value;
};

const RETRIES = Number(process.env.RETRIES ?? 2);
const GREETING = process.env.GREETING || "Hello";
const flags = (process.env.FLAGS || "").split(";").filter(Boolean).reduce((all, f) => ({ ...all, [f.split("=")[0]]: f.split("=")[1] === "true" }), {});

async function lambda(input, callback) {
  const region = required("REGION");
  callback(null, { RETRIES, GREETING, flags, region: region || "eu", brand: process.env.BRAND_ID, has: "GREETING" in process.env });
}
