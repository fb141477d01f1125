import { Toolbelt, LpServices } from "core-functions-toolbelt";

const lp = Toolbelt.LpClient();

async function lambda(input) {
  const response = await lp(LpServices.ACCOUNT_CONFIG_READ_ONLY, `/api/account/${process.env.BRAND_ID}/configuration/le-users/users?v=5.0`, { method: "GET", headers: { Accept: "application/json" } });
  const users = await response.json();
  const grace = users.find(({ loginName }) => loginName === "grace");
  return { ok: response.ok, status: response.status, nickname: grace?.nickname };
}
