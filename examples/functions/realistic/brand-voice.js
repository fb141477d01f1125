// All texts of a brand in eight languages, with its own tone per part of the day: the longest kind of function that
// contact centers write. Accepts every messaging event. VARIANT (a number) changes signature and opening question.

const VARIANT = Number(process.env.VARIANT || 0);
const SIGNATURES = ["", " – your service team", " – the people at the desk", " – your advisers", " – we are here for you"];
const signature = SIGNATURES[VARIANT % SIGNATURES.length];
const FALLBACK = process.env.FALLBACK_LANGUAGE || "en";

const TEXTS = {
  en: {
    first: "Welcome!",
    again: "Welcome back!",
    morning: "Good morning",
    afternoon: "Good afternoon",
    evening: "Good evening",
    ask: "How can we help you?",
    closed: "Nobody is here right now; we answer as soon as we open.",
    connected: "You are now connected to an agent.",
    queue: "You are back in the queue.",
    joined: "A colleague has joined the conversation.",
    left: "A colleague has left the conversation.",
    transferred: "We are passing you to another team.",
    urgent: "Marked as urgent: an answer within {minutes} minutes.",
    calm: "No longer marked as urgent.",
    bye: "Thank you for writing. Goodbye!",
    there: "Are you still there?",
    waiting: "Thank you for waiting.",
    signedIn: "Thank you, you are signed in.",
  },
  de: {
    first: "Willkommen!",
    again: "Schön, dass Sie wieder da sind!",
    morning: "Guten Morgen",
    afternoon: "Guten Tag",
    evening: "Guten Abend",
    ask: "Wie können wir helfen?",
    closed: "Gerade ist niemand da; wir antworten, sobald wir öffnen.",
    connected: "Sie sind jetzt verbunden.",
    queue: "Sie sind wieder in der Warteschlange.",
    joined: "Jemand aus unserem Team ist dazugekommen.",
    left: "Jemand aus unserem Team hat das Gespräch verlassen.",
    transferred: "Wir geben Sie an ein anderes Team weiter.",
    urgent: "Als dringend markiert: Antwort in {minutes} Minuten.",
    calm: "Nicht mehr als dringend markiert.",
    bye: "Danke für Ihre Nachricht. Auf Wiedersehen!",
    there: "Sind Sie noch da?",
    waiting: "Danke fürs Warten.",
    signedIn: "Danke, Sie sind angemeldet.",
  },
  fr: {
    first: "Bienvenue !",
    again: "Heureux de vous revoir !",
    morning: "Bonjour",
    afternoon: "Bonjour",
    evening: "Bonsoir",
    ask: "Comment pouvons-nous vous aider ?",
    closed: "Personne n'est là pour le moment ; nous répondrons dès l'ouverture.",
    connected: "Vous êtes maintenant en relation avec un conseiller.",
    queue: "Vous êtes de nouveau dans la file d'attente.",
    joined: "Un collègue a rejoint la conversation.",
    left: "Un collègue a quitté la conversation.",
    transferred: "Nous vous confions à une autre équipe.",
    urgent: "Marqué comme urgent : réponse dans {minutes} minutes.",
    calm: "Ce n'est plus marqué comme urgent.",
    bye: "Merci de nous avoir écrit. Au revoir !",
    there: "Êtes-vous toujours là ?",
    waiting: "Merci de votre patience.",
    signedIn: "Merci, vous êtes connecté.",
  },
  es: {
    first: "¡Bienvenido!",
    again: "¡Qué bien verle de nuevo!",
    morning: "Buenos días",
    afternoon: "Buenas tardes",
    evening: "Buenas noches",
    ask: "¿En qué podemos ayudarle?",
    closed: "Ahora no hay nadie; responderemos en cuanto abramos.",
    connected: "Ya está en contacto con un agente.",
    queue: "Vuelve a estar en la cola.",
    joined: "Un compañero se ha unido a la conversación.",
    left: "Un compañero ha dejado la conversación.",
    transferred: "Le pasamos con otro equipo.",
    urgent: "Marcado como urgente: respuesta en {minutes} minutos.",
    calm: "Ya no está marcado como urgente.",
    bye: "Gracias por escribir. ¡Hasta pronto!",
    there: "¿Sigue ahí?",
    waiting: "Gracias por esperar.",
    signedIn: "Gracias, ha iniciado sesión.",
  },
  it: {
    first: "Benvenuto!",
    again: "Bentornato!",
    morning: "Buongiorno",
    afternoon: "Buon pomeriggio",
    evening: "Buonasera",
    ask: "Come possiamo aiutarla?",
    closed: "Al momento non c'è nessuno; risponderemo appena apriamo.",
    connected: "Ora è in contatto con un operatore.",
    queue: "È di nuovo in coda.",
    joined: "Un collega si è unito alla conversazione.",
    left: "Un collega ha lasciato la conversazione.",
    transferred: "La passiamo a un altro team.",
    urgent: "Segnato come urgente: risposta entro {minutes} minuti.",
    calm: "Non è più segnato come urgente.",
    bye: "Grazie per averci scritto. Arrivederci!",
    there: "È ancora lì?",
    waiting: "Grazie per l'attesa.",
    signedIn: "Grazie, ha effettuato l'accesso.",
  },
  nl: {
    first: "Welkom!",
    again: "Welkom terug!",
    morning: "Goedemorgen",
    afternoon: "Goedemiddag",
    evening: "Goedenavond",
    ask: "Waarmee kunnen we helpen?",
    closed: "Er is nu niemand; we antwoorden zodra we open zijn.",
    connected: "U bent nu verbonden met een medewerker.",
    queue: "U staat weer in de wachtrij.",
    joined: "Een collega is bij het gesprek gekomen.",
    left: "Een collega heeft het gesprek verlaten.",
    transferred: "We verbinden u door met een ander team.",
    urgent: "Gemarkeerd als dringend: antwoord binnen {minutes} minuten.",
    calm: "Niet meer als dringend gemarkeerd.",
    bye: "Bedankt voor uw bericht. Tot ziens!",
    there: "Bent u er nog?",
    waiting: "Bedankt voor het wachten.",
    signedIn: "Bedankt, u bent aangemeld.",
  },
  pl: {
    first: "Witamy!",
    again: "Witamy ponownie!",
    morning: "Dzień dobry",
    afternoon: "Dzień dobry",
    evening: "Dobry wieczór",
    ask: "W czym możemy pomóc?",
    closed: "Teraz nikogo nie ma; odpowiemy, gdy tylko otworzymy.",
    connected: "Rozmawia Pan/Pani z konsultantem.",
    queue: "Rozmowa wróciła do kolejki.",
    joined: "Do rozmowy dołączył ktoś z zespołu.",
    left: "Ktoś z zespołu opuścił rozmowę.",
    transferred: "Przekazujemy rozmowę innemu zespołowi.",
    urgent: "Oznaczono jako pilne: odpowiedź w ciągu {minutes} minut.",
    calm: "Nie jest już oznaczone jako pilne.",
    bye: "Dziękujemy za wiadomość. Do widzenia!",
    there: "Czy jest Pan/Pani nadal z nami?",
    waiting: "Dziękujemy za cierpliwość.",
    signedIn: "Dziękujemy, zalogowano.",
  },
  pt: {
    first: "Bem-vindo!",
    again: "Bem-vindo de volta!",
    morning: "Bom dia",
    afternoon: "Boa tarde",
    evening: "Boa noite",
    ask: "Como podemos ajudar?",
    closed: "Não está ninguém neste momento; respondemos assim que abrirmos.",
    connected: "Está agora em contacto com um agente.",
    queue: "Voltou à fila de espera.",
    joined: "Um colega entrou na conversa.",
    left: "Um colega saiu da conversa.",
    transferred: "Vamos passá-lo a outra equipa.",
    urgent: "Marcado como urgente: resposta em {minutes} minutos.",
    calm: "Já não está marcado como urgente.",
    bye: "Obrigado por escrever. Até breve!",
    there: "Ainda está aí?",
    waiting: "Obrigado por esperar.",
    signedIn: "Obrigado, sessão iniciada.",
  },
};

// Offsets from UTC in hours, good enough to choose between "good morning" and "good evening".
const OFFSET = { en: 0, pt: 0, de: 1, fr: 1, es: 1, it: 1, nl: 1, pl: 1 };

const ANSWERS = {
  CONSUMER_OPEN_NEW_CONVERSATION: (say, facts) => `${say(facts.dayPart)}. ${say("again")} ${say("ask")}`,
  CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME: (say, facts) => `${say(facts.dayPart)}. ${say("first")} ${say("ask")}`,
  CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS: (say) => `${say("again")} ${say("closed")}`,
  CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS: (say) => `${say("first")} ${say("closed")}`,
  CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE: (say) => say("again"),
  CONSUMER_SEND_MESSAGE_ON_OFFHOURS: (say) => say("closed"),
  YOU_ARE_CONNECTED_TO: (say) => say("connected"),
  BACK_TO_QUEUE: (say) => say("queue"),
  ANOTHER_AGENT_JOINED_CONVERSATION: (say) => say("joined"),
  JOINED_AGENT_LEFT_CONVERSATION: (say) => say("left"),
  ENGAGEMENT_TRANSFERED: (say) => say("transferred"),
  CONSUMER_ASKED_URGENT_RESPONSE_TIME: (say) => say("urgent"),
  CONSUMER_CANCELED_URGENT_RESPONSE_TIME: (say) => say("calm"),
  AGENT_END_CONVERSATION: (say) => say("bye"),
  SYSTEM_END_CONVERSATION: (say) => say("bye"),
  CONSUMER_NON_RESPONSIVE: (say) => say("there"),
  CONV_AWAITING_IN_QUEUE: (say) => say("waiting"),
  CONSUMER_STEP_UP: (say) => say("signedIn"),
};

function lambda(input, callback) {
  const { general, ttr } = input.payload;
  const answer = ANSWERS[general.cbotEventType];
  if (!answer) {
    console.debug("no text of ours", general.cbotEventType);
    callback(null, undefined);
    return;
  }

  const language = pick(general.clientLanguage);
  const facts = { dayPart: dayPart(general.serverTimestamp, language), minutes: Math.ceil(ttr.newTtr.value / 60) };
  const say = (key) => fill(TEXTS[language][key], facts);
  callback(null, [{ type: "systemMessage", text: tidy(answer(say, facts) + signature) }]);
}

/** The consumer's language if there are texts for it, else the fallback. */
function pick(tag) {
  const primary = String(tag || "").toLowerCase().split(/[-_]/)[0];
  return TEXTS[primary] ? primary : FALLBACK;
}

function dayPart(ts, language) {
  const hour = (new Date(ts).getUTCHours() + OFFSET[language]) % 24;
  if (hour >= 5 && hour < 12) return "morning";
  if (hour >= 12 && hour < 18) return "afternoon";
  return "evening";
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? String(values[name]) : hole));
}

/** One space between sentences, no full stop after another mark. */
function tidy(text) {
  return text.replace(/([!?])\./g, "$1").replace(/ {2,}/g, " ").trim();
}
