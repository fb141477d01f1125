// Event: controllerbot_messaging_new_conversation      Sample: templates/new-conversation/payload.json
//
// Routes a new conversation to the team that speaks the consumer's language.
//
// Environment:
//   LANGUAGE_SKILLS   language=skill pairs, for example "de=201,fr=202,es=203"
//   DEFAULT_SKILL     for every other language; empty: the conversation stays where it is

const skillOf = new Map(
  (process.env.LANGUAGE_SKILLS || "")
    .split(",")
    .map((pair) => pair.trim().split("="))
    .filter(([language, skill]) => language && /^\d{1,10}$/.test(skill || ""))
);
const defaultSkill = process.env.DEFAULT_SKILL || "";

const greeting = {
  de: "Willkommen! Wir verbinden Sie mit unserem deutschsprachigen Team.",
  en: "Welcome! We are connecting you with our team.",
  es: "¡Bienvenido! Le comunicamos con nuestro equipo de habla hispana.",
  fr: "Bienvenue ! Nous vous mettons en relation avec notre équipe francophone.",
};

function lambda(input, callback) {
  const { general, routing } = input.payload;
  const language = general.clientLanguage.toLowerCase().split(/[-_]/)[0];
  const skillId = skillOf.get(language) || defaultSkill;

  if (skillId === "" || skillId === routing.newSkillId) {
    callback(); // already in the right place: the account's own welcome is fine
    return;
  }

  console.info("routed by language", { language, from: routing.newSkillId, to: skillId });
  callback(null, [
    { type: "systemMessage", text: greeting[language] || greeting.en },
    { type: "transfer", skillId },
  ]);
}
