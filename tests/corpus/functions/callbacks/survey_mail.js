// Chat post survey: one mail to the team lead if the rank is bad.
function lambda(input, callback) {
  const { csatRank, skillName, agentName, questionWithAnswers } = input.payload;
  const mails = [];
  if (csatRank <= 2) {
    mails.push({
      targetEmail: `lead-${skillName.toLowerCase().replace(/\s+/g, "-")}@example.com`,
      senderName: "Survey",
      senderEmail: "survey@example.com",
      subject: `${"★".repeat(csatRank)}${"☆".repeat(5 - csatRank)} for ${agentName}: ${questionWithAnswers.map(({ question, answer }) => `${question} ${answer}`).join(" / ")}`,
    });
  }
  console.debug(`${mails.length} mail(s)`, mails.map((m) => m.targetEmail));
  callback(undefined, mails);
}
