const { Toolbelt } = require("lp-faas-toolbelt");

// configured in the UI, comma separated
const VIP_SKILLS = process.env.VIP_SKILLS.split(",").map((s) => s.trim());
const THRESHOLD = parseInt(process.env.THRESHOLD, 10) || 5;

function lambda(input, callback) {
  const { newSkillId } = input.payload.routing;
  if (VIP_SKILLS.includes(newSkillId)) {
    console.info("vip", { skills: VIP_SKILLS, threshold: THRESHOLD });
    return callback(null, [{ type: "systemMessage", text: `You are number ${THRESHOLD} in our priority line.` }]);
  }
  callback(null, []);
}
