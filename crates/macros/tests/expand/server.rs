#[server(version = "1.0.0", title = "Weather", instructions = "Ask for a city")]
impl WeatherStation {
    const DAYS: u8 = 3;

    /// The forecast for a city.
    #[tool(read_only)]
    #[cfg(feature = "forecast")]
    pub async fn forecast(
        &self,
        /// Its name
        city: String,
        #[arg(default = Self::DAYS)] days: u8,
        ctx: Context,
    ) -> Result<Json<Self>, ToolError> {
        self.ask(city, days, ctx).await
    }

    #[fmcp::tool(blocking)]
    fn reindex(&self) {}

    #[resource("weather://stations/{id}")]
    #[deprecated]
    async fn station(&self, id: u64) -> Json<Station> {
        self.find(id).await
    }

    #[prompt]
    fn ask_for(city: String) -> String {
        format!("How is the weather in {city}?")
    }

    fn not_exposed(&self, id: u64) {}
}

#[server(name = NAME)]
impl<S: Store> Notes<S> where S: Send {
    #[tool]
    async fn count(&self) -> usize {
        self.store.count()
    }
}
