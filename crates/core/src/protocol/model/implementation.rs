//! Who speaks: the software at one end, and the pictures that stand for things.

use crate::json::{model, setters, word};

model! {
    /// The name, version and looks of a client or a server.
    pub struct Implementation new(name: String, version: String) {
        /// What programs call it.
        name: String = "name",
        /// What people call it.
        title: Option<String> = "title",
        /// Its version.
        version: String = "version",
        /// What it is for.
        description: Option<String> = "description",
        /// Pictures of it.
        icons: Option<Vec<Icon>> = "icons",
        /// Its home page.
        website_url: Option<String> = "websiteUrl",
    }

    /// A picture that a user interface may show. Its address is untrusted.
    pub struct Icon new(src: String) {
        /// An `https:` or `data:` address.
        src: String = "src",
        /// The media type, where the one that the address yields will not do.
        mime_type: Option<String> = "mimeType",
        /// The sizes that it is good at: `48x48`, or `any`.
        sizes: Option<Vec<String>> = "sizes",
        /// The background that it is drawn for.
        theme: Option<IconTheme> = "theme",
    }
}

setters!(Implementation {
    title: String,
    description: String,
    icons: Vec<Icon>,
    website_url: String,
});
setters!(Icon {
    mime_type: String,
    sizes: Vec<String>,
    theme: IconTheme,
});

word! {
    /// The background that an icon is drawn for.
    pub enum IconTheme {
        /// A light one.
        Light = "light",
        /// A dark one.
        Dark = "dark",
    }
}
