//! `convoke dev`: the server with a demo account, on this machine only.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::Args;
use convoke_domain::id::InvocationId;
use convoke_server::{Demo, NewToken};

use crate::compose::{self, Node, Operator, Where};
use crate::config::{Certificate, LogFormat, NodeConfig, Place, PlanesConfig};
use crate::connection::{DEV_FOLDER, DevConnection, Persona, Token};
use crate::demo::{self, DemoAccount};
use crate::render::{Printer, Style};
use crate::{files, logging, secrets, watch};
use convoke_engine::ports::Entropy;

/// Runs the server with a demo account.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke dev
  convoke dev --test-clock --listen 127.0.0.1:0

Commands in this folder and below find the server by themselves. Credentials are made once per data directory and \
kept there, readable by you only.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Dev {
    /// Where the data is kept
    #[arg(long, default_value = DEV_FOLDER, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on, on this machine; port 0 takes a free one [default: 127.0.0.1:8080, or another port if
    /// that is taken]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Addresses on this machine to listen on with TLS, for LivePerson's tools; port 0 takes a free one [default:
    /// 127.0.0.1:8443, or another port if that is taken]
    #[arg(long, value_delimiter = ',', value_name = "ADDR:PORT")]
    tls_listen: Option<Vec<SocketAddr>>,
    /// Address on this machine to listen on without TLS for the question where services are, and nothing else
    #[arg(long, value_name = "ADDR:PORT")]
    csds_listen: Option<SocketAddr>,
    /// Where clients are told to find a service, as SERVICE=HOST; SERVICE@v2=HOST for accounts of the second generation
    #[arg(long, value_delimiter = ',', value_name = "SERVICE=HOST")]
    publish: Vec<String>,
    /// Let `convoke clock advance` move the clock
    #[arg(long)]
    test_clock: bool,
    /// Keep everything in memory: it is gone when the server ends
    #[arg(long)]
    ephemeral: bool,
    /// Functions may call this machine and private networks
    #[arg(long)]
    allow_private_egress: bool,
    /// A folder of functions, as `convoke function new` makes it: if it is there at the start, what is saved in it is
    /// checked and deployed
    #[arg(long, default_value = "functions", value_name = "DIR")]
    functions: PathBuf,
    /// Run each function that is saved there, on its payload.json or the sample of its event, and show what came of it.
    /// Calls to other hosts are listed, and refused
    #[arg(long)]
    run_on_save: bool,
    /// With --run-on-save: run on the recorded input of this invocation
    #[arg(long, value_name = "INVOCATION", requires = "run_on_save")]
    recorded: Option<InvocationId>,
    /// How to write the log
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    log_format: LogFormat,
    /// What to log, for instance `info,convoke_engine=debug`
    #[arg(long, env = "CONVOKE_LOG", default_value = "warn", value_name = "FILTER")]
    log: String,
}

impl Dev {
    const fn on_save(&self) -> watch::OnSave {
        watch::OnSave { run: self.run_on_save, recorded: self.recorded }
    }

    /// Runs until the process is asked to end.
    pub(crate) async fn run(self) -> Result<()> {
        let secured = self.tls_listen.iter().flatten().copied();
        for listen in self.listen.into_iter().chain(secured).chain(self.csds_listen) {
            ensure!(
                listen.ip().is_loopback(),
                "`convoke dev` has a demo account and stays on this machine: listen on 127.0.0.1, or use `convoke serve`"
            );
        }
        logging::start(self.log_format, &self.log)?;
        files::private_dir(&self.data)?;
        let entropy = compose::entropy();
        let master_key = self.master_key(&entropy)?;
        let node = self.start(master_key).await?;

        let known = DevConnection::read(&self.data).ok().flatten().filter(|_| !self.ephemeral);
        let mut tokens = known.map(|known| known.tokens).unwrap_or_default();
        let account = demo::set_up(&node.handle(), &tokens).await?;
        let operator =
            tokens.remove(&Persona::Operator).unwrap_or_else(|| Token(NewToken::operator(&entropy)));
        let connection = connection(node.url(), &account, operator.clone());
        connection.write(&self.data)?;
        let mut running = node.serve(&Operator::Token(&operator.0), page(&account));

        let printer = Printer::new();
        printer.line(&self.banner(&connection, running.planes(), printer.style))?;
        let ended = if self.functions.is_dir() {
            printer.line(&format!(
                "\n{} is watched: what is saved there is deployed.",
                self.functions.display()
            ))?;
            tokio::select! {
                ended = running.until_asked_to_end() => ended,
                ended = watch::run(&self.functions, connection, self.on_save(), printer) => ended,
            }
        } else {
            running.until_asked_to_end().await
        };
        running.stop().await;
        if self.ephemeral {
            // The account is gone, and its credentials with it. Somebody may have tidied up already.
            let _ = std::fs::remove_file(DevConnection::path(&self.data));
        }
        ended
    }

    fn master_key(&self, entropy: &dyn Entropy) -> Result<[u8; 32]> {
        if self.ephemeral {
            let mut key = [0; 32];
            entropy.fill(&mut key);
            return Ok(key);
        }
        secrets::master_key(&self.data, entropy)
    }

    /// Starts on the wanted address; without one, on the usual port or any.
    async fn start(&self, master_key: [u8; 32]) -> Result<Node> {
        let listen = self.listen.map_or_else(|| Place::usual(8080), Place::from);
        let data = (!self.ephemeral).then(|| self.data.clone());
        if self.ephemeral {
            refuse_to_overwrite(&self.data)?;
        }
        let config = NodeConfig {
            planes: self.planes(),
            movable_clock: self.test_clock,
            allow_private_egress: self.allow_private_egress,
            ..NodeConfig::usual(data, listen)
        };
        Node::start(&config, master_key).await
    }

    fn planes(&self) -> PlanesConfig {
        let wanted = self.tls_listen.as_ref();
        let listen = wanted.map_or_else(
            || vec![Place::usual(8443)],
            |wanted| wanted.iter().copied().map(Place::from).collect(),
        );
        PlanesConfig {
            listen,
            certificate: Certificate::Development(self.data.clone()),
            csds_listen: self.csds_listen,
            publish: self.publish.clone(),
            ..PlanesConfig::none()
        }
    }

    fn banner(&self, connection: &DevConnection, planes: &Where, style: Style) -> String {
        let DevConnection { url, account, .. } = connection;
        let token = |persona| connection.tokens.get(&persona).map_or("", |token| token.0.as_str());
        let kept = if self.ephemeral {
            "Everything is in memory and gone when this ends.".to_owned()
        } else {
            format!("Data and credentials are in {}.", self.data.display())
        };
        let clock =
            if self.test_clock { "\n  `convoke clock advance SECONDS` moves the clock.\n" } else { "\n" };
        format!(
            "{title}\n\n  {workbench}   write, test and deploy functions, and see what happened\n  \
             {playground}   be consumer and agent, and watch what functions do\n  \
             {api}   the description of the API\n{tools}\n{kept} Ctrl-C ends it.{clock}\n\
             {tokens}\n  agent     {agent}\n  manager   {manager}\n  admin     {admin}\n  operator  {operator}\n\n\
             {try_it}\n  convoke function list\n  \
             curl -s {url}/api/v1/accounts/{account}/functions -H 'Authorization: Bearer {admin}'\n\n\
             {elsewhere}\n  export CONVOKE_URL={url} CONVOKE_TOKEN={admin}\n",
            title = style.bold(&format!("Convoke is ready: {url}")),
            workbench = style.cyan(&format!("{url}/")),
            playground = style.cyan(&format!("{url}/playground")),
            api = style.cyan(&format!("{url}/api/v1/openapi.json")),
            tools = tools(planes, style),
            tokens = style.bold(&format!("Tokens of the account {account}")),
            try_it = style.bold("Try, in this folder"),
            elsewhere = style.bold("In another folder, first"),
            agent = token(Persona::Agent),
            manager = token(Persona::Manager),
            admin = token(Persona::Admin),
            operator = token(Persona::Operator),
        )
    }
}

/// Where LivePerson's clients and tools go, and what they have to trust.
fn tools(planes: &Where, style: Style) -> String {
    let Some(address) = planes.tls.first() else { return String::new() };
    let trust = planes.authority.as_ref().map_or_else(String::new, |authority| {
        format!("; they trust {} with NODE_EXTRA_CA_CERTS", authority.display())
    });
    let page = style.cyan(&format!("https://localhost:{}", address.port()));
    format!("  {page}   for LivePerson's clients and tools{trust}\n")
}

/// A server in memory writes its address where another one may have written its own.
fn refuse_to_overwrite(data: &Path) -> Result<()> {
    if data.join(convoke_store::limits::DATABASE_FILE).exists() {
        bail!("{} holds data that is to stay: choose another --data for --ephemeral", data.display());
    }
    Ok(())
}

fn connection(url: String, account: &DemoAccount, operator: Token) -> DevConnection {
    let mut tokens = account.tokens.clone();
    tokens.insert(Persona::Operator, operator);
    DevConnection { url, account: account.account.clone(), users: account.users.clone(), tokens }
}

/// What the page is given.
fn page(account: &DemoAccount) -> Option<Demo> {
    let token = |persona| account.tokens.get(&persona).map(|token| token.0.clone());
    Some(Demo {
        account: account.account.clone(),
        agent: *account.users.get(&Persona::Agent)?,
        agent_token: token(Persona::Agent)?,
        admin_token: token(Persona::Admin)?,
    })
}
