// Event: controllerbot_messaging_participants_change      Sample: templates/participants-change/payload.json
//
// Tells a wallboard who is in which conversation. The answer goes out first; the call follows and nobody waits
// for it. After the answer a function may go on for up to five seconds.
//
// Environment: WALLBOARD_URL, for example "https://wallboard.example.com/presence"; its host must be in the allow-list

const WALLBOARD_URL = process.env.WALLBOARD_URL || "";

async function lambda(input, callback) {
  const { general, participantChange, routing } = input.payload;

  callback(); // the account's automatic message is fine

  if (WALLBOARD_URL === "") {
    return;
  }
  try {
    const response = await fetch(WALLBOARD_URL, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        conversation: general.convId,
        skill: routing.newSkillId,
        at: general.serverTimestamp,
        agents: participantChange.newParticipants.filter(({ role }) => role !== "CONSUMER"),
      }),
      signal: AbortSignal.timeout(3000),
    });
    console.info("wallboard told", response.status);
  } catch (error) {
    console.warn("wallboard not reached", error.message);
  }
}
