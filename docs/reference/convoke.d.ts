// What functions on changes of conversations receive and may return.
// Generated from the types of the server by `convoke types`; changes here are lost.

/** What a function on a change of a conversation receives. Serialize it; nothing else is to be done with it. */
export interface EventInput {
  /** Headers of the invocation; often empty. */
  headers: Header[];
  /** What happened. All eight sections are always there; what did not change carries the present value on both sides, and a time that never happened is 0. */
  payload: Payload;
  /** When the invocation was asked for: milliseconds since 1970-01-01 UTC. */
  timestamp: number;
}

/** The campaign that led the consumer here. */
export interface CampaignInfo {
  /** The engagement; 0 where there is none. */
  engagementId: number;
  /** The same as engagementId, spelt as in the contract's table. */
  engangementId: number;
  /** The campaign; 0 where there is none. */
  id: number;
}

/** How conversations are told; always the same word. */
export type ChangeType = "UPSERT";

/** Who closed the conversation; empty while it is open. */
export type CloseReasonWord = "AGENT" | "CONSUMER" | "SYSTEM" | "";

/** Role of whoever wrote; empty if nobody did. */
export type Composer = "CONSUMER" | "ASSIGNED_AGENT" | "AGENT" | "MANAGER" | "READER" | "CONTROLLER" | "BRAND_BOT" | "";

/** Whether the conversation is open. */
export type ConversationState = "OPEN" | "CLOSE";

/** About the end. */
export interface End {
  /** Who closed it; empty while it is open. */
  closeReason: CloseReasonWord;
}

/** What exactly happened. */
export type EventCode = "CONSUMER_OPEN_NEW_CONVERSATION" | "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME" | "CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS" | "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS" | "CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE" | "CONSUMER_STEP_UP" | "ENGAGEMENT_TRANSFERED" | "YOU_ARE_CONNECTED_TO" | "BACK_TO_QUEUE" | "ANOTHER_AGENT_JOINED_CONVERSATION" | "JOINED_AGENT_LEFT_CONVERSATION" | "CONSUMER_JOINED_CONVERSATION" | "CONSUMER_LEFT_CONVERSATION" | "CONSUMER_ASKED_URGENT_RESPONSE_TIME" | "CONSUMER_CANCELED_URGENT_RESPONSE_TIME" | "AGENT_UPDATED_RESPONSE_TIME" | "CONSUMER_SEND_MESSAGE_ON_OFFHOURS" | "CONSUMER_NON_RESPONSIVE" | "AGENT_NON_RESPONSIVE" | "CONV_AWAITING_IN_QUEUE" | "AGENT_END_CONVERSATION" | "CONSUMER_END_CONVERSATION" | "SYSTEM_END_CONVERSATION";

/** What is true of the conversation whatever the event. */
export interface General {
  /** When the conversation went back to the queue; 0 if it never did. */
  backToQueueTs: number;
  /** The campaign that led the consumer here. */
  campaignInfo: CampaignInfo;
  /** What exactly happened. */
  cbotEventType: EventCode;
  /** What the consumer's client can show. */
  clientFeatures: string[];
  /** The consumer's address (their spelling); empty if unknown. */
  clientIpAdress: string;
  /** A language tag, for example en-US; empty if unknown. */
  clientLanguage: string;
  /** Where the consumer writes from, for example `CustomContext`; empty if unknown. */
  contextType: string;
  /** The same as contextType, spelt as in the contract's table. */
  contexttype: string;
  /** The conversation. */
  convId: string;
  /** Its dialog in which it happened. */
  dialogId: string;
  /** The deadline of the next answer, in milliseconds since 1970-01-01 UTC; -1 when nothing is due. */
  effectiveTTR: number;
  /** Whether the conversation's skill is off shift at this change. */
  inOffHours: boolean;
  /** When the brand wrote last; 0 if it never did. */
  lastAgentMsgTs: number;
  /** Role of the one who wrote the last line; empty before the first. */
  lastMessageComposer: Composer;
  /** When the last line was written; 0 if there is none. */
  lastMessageTs: number;
  /** The deadline that an agent set, as digits of milliseconds since 1970-01-01 UTC; empty if none. */
  manualETTR: string;
  /** Whether it is open. */
  newConvState: ConversationState;
  /** Whether it was open before. For a new conversation CLOSE: there was none. */
  oldConvState: ConversationState;
  /** Number of the one who caused the change. */
  originatorId: number;
  /** The one who caused the change; the Controller Bot where it was the platform. */
  originatorMetadata: Participant;
  /** Participant id of the one who caused the change; empty if nobody did, as when a timer ran out. */
  originatorPid: string;
  /** When the change was recorded. */
  serverTimestamp: number;
  /** The consumer's session; 0 where there is none. */
  sessionId: number;
  /** When the conversation was opened. */
  startTs: number;
  /** How conversations are told; always the same word. */
  type: ChangeType;
  /** The consumer, as a number. */
  visitorId: number;
}

/** A header of an invocation. */
export interface Header {
  /** Its name. */
  key: string;
  /** Its value. */
  value: string;
}

/** About silence. */
export interface Idle {
  /** After which silence of the agent the event fires. */
  agentNonResponsive: IdleTime;
  /** After which silence of the consumer the event fires. */
  consumerNonResponsive: IdleTime;
  /** The same as consumerNonResponsive, spelt as in the contract's table. */
  consumserNonResponsive: IdleTime;
  /** After which wait in the queue the event fires. */
  convNotTakenTime: IdleTime;
  /** When the consumer wrote last; 0 if they never did. */
  lastConsumerMsgTs: number;
}

/** A configured time; time 0 where the timer is off. */
export interface IdleTime {
  /** How many of the unit. */
  time: number;
  /** The unit. */
  timeUnits: TimeUnit;
}

/** About a line in off-hours. */
export interface Mid {
  /** Whether the conversation was opened in off-hours, too. */
  openedInOffHours: boolean;
}

/** Somebody who takes part. */
export interface Participant {
  /** Their id as text, opaque to functions. */
  id: string;
  /** What they are in the conversation. */
  role: ParticipantRole;
}

/** The participants before and after; the same lists if nobody joined or left. */
export interface ParticipantChange {
  /** Who takes part. */
  newParticipants: Participant[];
  /** Who took part before. */
  oldParticipants: Participant[];
}

/** What somebody is in a conversation. */
export type ParticipantRole = "CONSUMER" | "ASSIGNED_AGENT" | "AGENT" | "MANAGER" | "READER" | "CONTROLLER" | "BRAND_BOT";

/** A change of a conversation. */
export interface Payload {
  /** About the end. */
  end: End;
  /** What is true of the conversation whatever the event. */
  general: General;
  /** About silence. */
  idle: Idle;
  /** About a line in off-hours. */
  mid: Mid;
  /** The participants before and after; the same lists if nobody joined or left. */
  participantChange: ParticipantChange;
  /** The skill before and after; both the present skill if it did not change. */
  routing: Routing;
  /** About a new conversation. */
  start: Start;
  /** The time to respond before and after; the same if it did not change. */
  ttr: TtrChange;
}

/** The skill before and after; both the present skill if it did not change. */
export interface Routing {
  /** The skill after. */
  newSkillId: string;
  /** The skill before: up to ten digits, or -1 for none. */
  oldSkillId: string;
}

/** About a new conversation. */
export interface Start {
  /** Whether it is this consumer's first conversation ever. */
  firstConversation: boolean;
}

/** The unit of a configured time. */
export type TimeUnit = "SECONDS" | "MINUTES" | "HOURS";

/** The time to respond before and after; the same if it did not change. */
export interface TtrChange {
  /** The time to respond after. */
  newTtr: TtrValue;
  /** The time to respond before. */
  oldTtr: TtrValue;
}

/** The kind of a time to respond. */
export type TtrType = "URGENT" | "NORMAL" | "PRIORITIZED" | "CUSTOM";

/** A time to respond. */
export interface TtrValue {
  /** Its kind. */
  ttrType: TtrType;
  /** How long it is, in seconds. */
  value: number;
}

/** One command. */
export type Command = SystemMessage | Transfer | CloseConversation;

/** Closes the conversation with the reason SYSTEM. */
export interface CloseConversation {
  /** Which command it is. */
  type: CloseConversationType;
}

export type CloseConversationType = "closeConversation";

export type MessageText = string | [];

/** Sends text as the Controller Bot in place of the automatic message. */
export interface SystemMessage {
  /** At most 8192 bytes of UTF-8. A text that is empty after trimming, or an empty list, sends nothing. */
  text: MessageText;
  /** Which command it is. */
  type: SystemMessageType;
}

export type SystemMessageType = "systemMessage";

/** Routes the conversation to a skill, an agent, or an agent of a skill. Without skillId the skill stays. */
export interface Transfer {
  /** A user id, account.userId, or a participant id. */
  agentId?: string;
  /** The skill. */
  skillId?: string;
  /** Which command it is. */
  type: TransferType;
}

export type TransferType = "transfer";


/** What a function may answer with: commands, or nothing for the account's automatic message. */
export type Answer = Command | Command[] | null | undefined | void;

/** The form that returns: `async function lambda(input) { … }`. */
export type Lambda<Input = EventInput> = (input: Input) => Answer | Promise<Answer>;

/** Ends a function of the form `function lambda(input, callback) { … }`. */
export type Callback = (error: unknown, answer?: Answer | Promise<Answer>) => void;

/** The form with a callback: `function lambda(input, callback) { … }`. */
export type LambdaWithCallback<Input = EventInput> = (input: Input, callback: Callback) => void | Promise<void>;

/** What a function on Messaging New Conversation receives. */
export type NewConversationInput = EventInput & {
  payload: { general: { cbotEventType: "CONSUMER_OPEN_NEW_CONVERSATION" | "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME" | "CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS" | "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS" | "CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE" } };
};

/** What a function on Messaging Consumer Step Up receives. */
export type ConsumerStepUpInput = EventInput & {
  payload: { general: { cbotEventType: "CONSUMER_STEP_UP" } };
};

/** What a function on Messaging Conversation Routing receives. */
export type ConversationRoutingInput = EventInput & {
  payload: { general: { cbotEventType: "ENGAGEMENT_TRANSFERED" } };
};

/** What a function on Messaging Participants Change receives. */
export type ParticipantsChangeInput = EventInput & {
  payload: { general: { cbotEventType: "YOU_ARE_CONNECTED_TO" | "BACK_TO_QUEUE" | "ANOTHER_AGENT_JOINED_CONVERSATION" | "JOINED_AGENT_LEFT_CONVERSATION" | "CONSUMER_JOINED_CONVERSATION" | "CONSUMER_LEFT_CONVERSATION" } };
};

/** What a function on Messaging TTR receives. */
export type TtrInput = EventInput & {
  payload: { general: { cbotEventType: "CONSUMER_ASKED_URGENT_RESPONSE_TIME" | "CONSUMER_CANCELED_URGENT_RESPONSE_TIME" | "AGENT_UPDATED_RESPONSE_TIME" } };
};

/** What a function on Messaging Line in Off-Hours receives. */
export type MidConversationMsgInput = EventInput & {
  payload: { general: { cbotEventType: "CONSUMER_SEND_MESSAGE_ON_OFFHOURS" } };
};

/** What a function on Messaging Conversation Idle receives. */
export type ConversationIdleInput = EventInput & {
  payload: { general: { cbotEventType: "CONSUMER_NON_RESPONSIVE" | "AGENT_NON_RESPONSIVE" | "CONV_AWAITING_IN_QUEUE" } };
};

/** What a function on Messaging Conversation End receives. */
export type ConversationEndInput = EventInput & {
  payload: { general: { cbotEventType: "AGENT_END_CONVERSATION" | "CONSUMER_END_CONVERSATION" | "SYSTEM_END_CONVERSATION" } };
};

/** What functions receive, by the id of their event. */
export interface Inputs {
  controllerbot_messaging_new_conversation: NewConversationInput;
  controllerbot_messaging_consumer_step_up: ConsumerStepUpInput;
  controllerbot_messaging_conversation_routing: ConversationRoutingInput;
  controllerbot_messaging_participants_change: ParticipantsChangeInput;
  controllerbot_messaging_ttr: TtrInput;
  controllerbot_messaging_mid_conversation_msg: MidConversationMsgInput;
  controllerbot_messaging_conversation_idle: ConversationIdleInput;
  controllerbot_messaging_conversation_end: ConversationEndInput;
  denver_post_survey_email_transcript: { headers: Header[]; payload: ChatSurvey; timestamp: number };
  conversational_command: { headers: Header[]; payload: ConversationalCommand; timestamp: number };
  surveybot_messaging_survey_started: { headers: Header[]; payload: Survey; timestamp: number };
  surveybot_messaging_survey_ended: { headers: Header[]; payload: Survey; timestamp: number };
  bot_connectors_custom_integration: { headers: Header[]; payload: BotIntegration; timestamp: number };
  bot_connectors_pre_hook: { headers: Header[]; payload: BotHook; timestamp: number };
  bot_connectors_post_hook: { headers: Header[]; payload: BotHook; timestamp: number };
  bot_connectors_error_hook: { headers: Header[]; payload: BotErrorHook; timestamp: number };
}

/** What is known of a conversation with a bot. */
export interface BotContext {
  /** The event. */
  lpEvent: Record<string, unknown>;
  /** The engagement attributes. */
  lpSdes: Record<string, unknown>;
}

/** What went wrong with a bot. */
export interface BotError {
  /** The id of the failure. */
  errorId: string;
  /** Its name. */
  name: string;
}

/** A bot that failed, with the vendor's own request and response beside. */
export interface BotErrorHook {
  /** What went wrong. */
  error: BotError;
  /** The vendor. */
  vendor: string;
}

/** The request to a bot before it is sent, or its response before it is used. */
export type BotHook = Record<string, unknown>;

/** What a bot of another vendor is asked. */
export interface BotIntegration {
  /** What is known of it. */
  context: BotContext;
  /** The conversation. */
  convId: string;
  /** The event that begins the talk, where there is one. */
  event?: Record<string, unknown>;
  /** What the consumer wrote. */
  message: string;
}

/** A chat survey that was answered. */
export interface ChatSurvey {
  /** Name of the agent. */
  agentName: string;
  /** How satisfied the visitor was, 1 to 5. */
  csatRank: number;
  /** What was asked and answered. */
  questionWithAnswers: QuestionWithAnswer[];
  /** Name of the skill. */
  skillName: string;
}

/** A line as the messaging service tells it. */
export interface ContentEvent {
  /** What was written. */
  event: ContentEventBody;
  /** What is known of the writer's client. */
  originatorClientProperties: Record<string, unknown>;
  /** Number of the one who wrote. */
  originatorId: number;
  /** Participant id of the one who wrote. */
  originatorPId: string;
  /** Place in the dialog. */
  sequence: number;
  /** When, in milliseconds since 1970-01-01 UTC. */
  serverTimestamp: number;
}

/** What was written. */
export interface ContentEventBody {
  /** Media type. */
  contentType: string;
  /** The text. */
  message: string;
  /** Kind of event. */
  type: string;
}

/** A command that an agent typed. Its function has the command's name. */
export interface ConversationalCommand {
  /** The words after the command. */
  arguments: string[];
  /** The conversation in which it was typed. */
  conversationId: string;
}

/** A question and what was answered. */
export interface QuestionWithAnswer {
  /** The answer. */
  answer: string;
  /** The question. */
  question: string;
}

/** A survey dialog that begins or ends. */
export interface Survey {
  /** The account. */
  accountId: string;
  /** The campaign that led the consumer here. */
  campaignInfo: SurveyCampaign;
  /** Who closed the conversation. */
  closeReason: string;
  /** Where the consumer writes from. */
  context: SurveyContext;
  /** The conversation. */
  conversationId: string;
  /** The dialogs of the conversation. */
  dialogs: Record<string, unknown>[];
  /** The deadline of the next answer, in milliseconds since 1970-01-01 UTC. */
  effectiveTTR: number;
  /** Whether it is the consumer's first conversation. */
  firstConversation: boolean;
  /** The last line. */
  lastContentEventNotification: ContentEvent;
  /** The question that was asked last. */
  lastQuestionId: string;
  /** Who takes part. */
  participants: SurveyParticipant[];
  /** The skill. */
  skillId: string;
  /** When the conversation was opened, in milliseconds since 1970-01-01 UTC. */
  startTs: number;
  /** Whether the conversation is open. */
  state: string;
  /** The survey. */
  surveyId: number;
  /** Its revision. */
  surveyRevision: number;
  /** The time to respond. */
  ttr: SurveyTtr;
}

/** The campaign that led the consumer here. */
export interface SurveyCampaign {
  /** The campaign. */
  campaignId: number;
  /** The engagement. */
  engagementId: number;
}

/** Where the consumer writes from. */
export interface SurveyContext {
  /** What is known of the consumer's client. */
  clientProperties: Record<string, unknown>;
  /** The interaction. */
  interactionContextId: string;
  /** A language tag. */
  lang: string;
  /** The session. */
  sessionId: string;
  /** Kind of context. */
  type: string;
  /** The consumer. */
  visitorId: string;
}

/** Somebody who takes part. */
export interface SurveyParticipant {
  /** Their id. */
  id: string;
  /** What they are. */
  role: string;
}

/** A time to respond. */
export interface SurveyTtr {
  /** Its kind. */
  ttrType: string;
  /** How long it is, in seconds. */
  value: number;
}
