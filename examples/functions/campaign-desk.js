// Event: controllerbot_messaging_new_conversation      Sample: templates/new-conversation/payload.json
//
// Conversations from certain engagements go to the desk that runs the campaign, with a text of its own.

const DESKS = [
  { engagements: [9001, 9002], skillId: "301", text: "You came from our spring offer: the offer team is with you in a moment." },
  { engagements: [9100], skillId: "302", text: "Thanks for your interest in the business plan. Our business desk will answer." },
];

async function lambda(input) {
  const { general } = input.payload;
  const desk = DESKS.find(({ engagements }) => engagements.includes(general.campaignInfo.engagementId));

  // No desk: undefined means that the account's automatic message is sent.
  if (desk === undefined) {
    return undefined;
  }

  if (general.inOffHours) {
    // Nobody would take it from the desk's queue now; leave it where the night team looks.
    return { type: "systemMessage", text: `${desk.text} We open again tomorrow morning.` };
  }
  return [
    { type: "systemMessage", text: desk.text },
    { type: "transfer", skillId: desk.skillId },
  ];
}
