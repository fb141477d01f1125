const { Toolbelt } = require("lp-faas-toolbelt");

// TODO: use CSDS, the account is in VA anyway
const URL_SKILLS = "https://va.ac.liveperson.net/api/account/1001/configuration/le-users/skills?v=4.1&select=id,name";

async function lambda(input, callback) {
  try {
    const { value } = await Toolbelt.SecretClient().readSecret("api_bearer");
    const response = await fetch(URL_SKILLS, { headers: { Authorization: `Bearer ${value}` } });
    const skills = await response.json();
    const billing = skills.find((skill) => skill.name === input.payload.target);
    console.info(`skill ${input.payload.target} is ${billing && billing.id}`, response.status);
    callback(null, billing ? [{ type: "transfer", skillId: String(billing.id) }] : []);
  } catch (error) {
    callback(error);
  }
}
