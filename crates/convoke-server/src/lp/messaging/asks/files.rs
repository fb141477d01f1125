//! Where to send files, and where to get them.

use convoke_api::lp::messaging::{FilePath, Refused, Upload, file_place};
use convoke_engine::FileOwner;

use super::Asked;
use crate::auth::Permit;
use crate::files::new_path;
use crate::lp::messaging::session::{Session, Side};

impl Session {
    pub(super) async fn upload_file(&mut self, id: &str, upload: Upload) -> Result<(), Asked> {
        let Upload { size, kind } = upload;
        let account = self.tenant.id().clone();
        let owner = match self.side {
            Side::Agent(user) => FileOwner::User(user),
            Side::Consumer { consumer, .. } => FileOwner::Consumer(consumer),
        };
        self.server.files.has_room_for(&account, owner, size).await?;
        let path = new_path(self.server.handle.entropy(), &account, owner, kind);
        let (signature, expires) = self.server.auth.file_signature(Permit::Upload(size), &path);
        self.respond(id, 200, self.names().upload, &file_place(&path, &signature, expires));
        Ok(())
    }

    /// Whoever knows the path was told it in a conversation of theirs.
    pub(super) fn download_file(&mut self, id: &str, path: &FilePath) -> Result<(), Asked> {
        if path.account != *self.tenant.id() {
            return Err(Refused::not_found("request.not_found", "there is no such file").into());
        }
        let (signature, expires) = self.server.auth.file_signature(Permit::Download, path);
        self.respond(id, 200, self.names().download, &file_place(path, &signature, expires));
        Ok(())
    }
}
