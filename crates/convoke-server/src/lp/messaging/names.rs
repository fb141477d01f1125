//! What responses are called, in each dialect (messaging contract §1.5, §2.3).

/// What responses are called.
pub(super) struct Names {
    pub(super) clock: &'static str,
    pub(super) text: &'static str,
    pub(super) subscribed: &'static str,
    pub(super) conversations: &'static str,
    pub(super) messages: &'static str,
    pub(super) published: &'static str,
    pub(super) profile: &'static str,
    pub(super) upload: &'static str,
    pub(super) download: &'static str,
    pub(super) opened: &'static str,
}

pub(super) const AGENTS: Names = Names {
    clock: ".GetClock$Response",
    text: ".ReqBody$StringResp",
    subscribed: ".ams.GenericSubscribe$Response",
    conversations: ".ams.aam.SubscribeExConversations$Response",
    messages: ".ams.ms.QueryMessages$Response",
    published: ".ams.ms.PublishEvent$Response",
    profile: ".ams.userprofile.GetUserProfile$Response",
    upload: ".ams.ms.GenerateURLForUploadFile$Response",
    download: ".ams.ms.GenerateURLForDownloadFile$Response",
    opened: ".ams.cm.RequestConversation$Response",
};

pub(super) const CONSUMERS: Names = Names {
    clock: "GetClockResponse",
    text: "StringResponse",
    subscribed: "GenericSubscribeResponse",
    conversations: "cqm.SubscribeExConversationsResponse",
    messages: "ms.QueryMessagesResponse",
    published: "ms.PublishEventResponse",
    profile: "userprofile.GetUserProfileResponse",
    upload: "ms.GenerateURLResponse",
    download: "ms.GenerateURLResponse",
    opened: "cm.RequestConversationResponse",
};
