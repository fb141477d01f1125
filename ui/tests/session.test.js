// Logging in and out of the workbench, and what that protects.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, picture, prepare, serve } from "./support.js";

const PASSWORD = "correct horse battery";
let server;
let browser;
let page;

before(async () => {
  server = await serve();
  const ask = await prepare(server.url);
  // Alan's own token does not set Alan's password without the present one.
  await ask("PUT", "/users/4720", { login_name: "ada", nickname: "Ada", roles: ["administrator", "faas_developer"], enabled: true });
  await ask("PUT", "/users/4720/password", { password: PASSWORD });
  await ask("PUT", "/users/4711/password", { password: PASSWORD });
  browser = await browse();
  page = browser.page;
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

async function logIn(name, password = PASSWORD) {
  await page.getByLabel("Account").fill("demo");
  await page.getByLabel("Login name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

test("a session is in a cookie that scripts cannot read, and ends with the logout", async () => {
  await page.goto(`${server.url}/functions`);
  await page.getByRole("button", { name: "Log out" }).click();
  await accessible(page, "login");
  await picture(page, "login-1440");
  await logIn("ada", "wrong");
  await page.getByRole("alert").waitFor();
  await logIn("ada");
  // One is where one wanted to go.
  await page.getByRole("heading", { name: "Functions" }).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  const [cookie] = await browser.context.cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite], ["__Host-convoke", true, true, "Strict"]);
  await page.reload();
  await page.getByRole("link", { name: "new_conversation" }).waitFor();
  // The cookie alone opens nothing for a request that is not our own page's.
  const foreign = await fetch(`${server.url}/api/v1/session`, { headers: { Cookie: `${cookie.name}=${cookie.value}`, Origin: "https://elsewhere.example" } });
  assert.equal(foreign.status, 401);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Login name").waitFor();
  assert.deepEqual(await browser.context.cookies(), []);
});

test("roles decide what is shown", async () => {
  await logIn("grace");
  await page.getByRole("heading", { name: "This page is for somebody else" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Settings" }).count(), 0);
});

test("whoever has a token can log in with it, and it is forgotten with the logout", async () => {
  await page.goto(server.url);
  await page.getByRole("button", { name: "Log out" }).click();
  const ask = await prepare(server.url);
  const { secret: token } = await ask("POST", "/tokens", { name: "pages", principal: { kind: "user", id: "4720" }, roles: ["faas_developer"], expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  await page.getByRole("button", { name: "Log in with a token" }).click();
  await accessible(page, "login with a token");
  await page.getByLabel("Account").fill("demo");
  await page.getByLabel("Token").fill("cvk_demo.wrong");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
  // Whoever was here before saw another page.
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  // What is live is, too; and a reload keeps it.
  await page.getByText("live", { exact: true }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  assert.equal(await page.getByRole("switch", { name: "Controller Bot" }).isDisabled(), true, "the token's roles count");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Login name").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("convoke.token")), null);
});

test("pages run no script but their own", async () => {
  const response = await page.goto(server.url);
  const policy = response.headers()["content-security-policy"];
  assert.match(policy, /script-src 'self';/);
  // No style sheet that somebody wrote into a page, either.
  assert.match(policy, /style-src 'self';/);
  assert.match(policy, /default-src 'none'/);
});
