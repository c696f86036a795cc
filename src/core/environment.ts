/** What of a sample sheet reaches a script: environment variables with safe names, and a table. Names are not code. */

type Row = Readonly<Record<string, string>>;

/** The column that names the sample; scripts see it as SAMPLE. */
export const SAMPLE_COLUMN = "sample";

const COLUMN_PATTERN = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;

/** The variable that a column is seen under, or why it can be none. */
export type ColumnVariable =
  | { readonly variable: string; readonly reason: null }
  | { readonly variable: null; readonly reason: string };

/** `fastq_1` is seen as FASTQ_1. Names are not guessed: what is no plain name is refused, with one to use instead. */
export function columnVariable(column: string): ColumnVariable {
  if (!COLUMN_PATTERN.test(column)) return { variable: null, reason: notAName(column) };
  const variable = column.toUpperCase();
  const refused = refusedVariable(variable);
  return refused === null ? { variable, reason: null } : { variable: null, reason: refused };
}

function notAName(column: string): string {
  const better = column
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 60);
  const advice = better === "" ? "" : `; call it ${better}`;
  return `a column's name is letters, digits and _, starting with a letter, at most 60${advice}`;
}

/** Why a script's variable may not have this name, or null. `name` is in upper case. */
export function refusedVariable(name: string): string | null {
  for (const { owner, names, prefixes } of OWNERS) {
    if (names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))) {
      return `${name} belongs to ${owner}; give the column another name`;
    }
  }
  return null;
}

interface Owner {
  readonly owner: string;
  readonly names: readonly string[];
  readonly prefixes: readonly string[];
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const OWNERS: readonly Owner[] = [
  {
    owner: "BioAgent",
    names:
      words(`SAMPLE SAMPLES_FILE SHEET INPUT_DIR OUTPUT_DIR WORK_DIR RESULTS_DIR REFERENCE REFERENCE_NAME ATTEMPT
      MEMORY_MIB CPUS`),
    prefixes: ["PARAM_", "BIOAGENT"],
  },
  {
    // Those that bash sets by itself would silently hold something else than the cell: GROUPS, UID, SECONDS.
    owner: "the shell",
    names:
      words(`PATH HOME LANG LANGUAGE SHELL IFS ENV PS0 PS1 PS2 PS3 PS4 PROMPT_COMMAND PROMPT_DIRTRIM PWD OLDPWD CDPATH
      USER LOGNAME UID EUID PPID GROUPS HOSTNAME HOSTTYPE MACHTYPE OSTYPE SHELLOPTS SHLVL GLOBIGNORE FIGNORE
      POSIXLY_CORRECT OPTIND OPTARG OPTERR RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS EPOCHREALTIME DIRSTACK FUNCNAME
      FUNCNEST PIPESTATUS REPLY MAPFILE COPROC EXECIGNORE TIMEFORMAT TMOUT TERM COLUMNS LINES INPUTRC MAIL MAILCHECK
      MAILPATH CHILD_MAX`),
    prefixes: ["BASH", "COMP_", "COMPREPLY", "HIST", "READLINE_", "ZDOTDIR"],
  },
  {
    owner: "the system",
    names:
      words(`TMPDIR TMP TEMP TEMPDIR TZ TZDIR LOCPATH NLSPATH HOSTALIASES RES_OPTIONS LOCALDOMAIN GCONV_PATH
      MALLOC_CHECK_ MALLOC_TRACE GLIBC_TUNABLES EDITOR VISUAL PAGER LESSOPEN LESSCLOSE BROWSER NETRC`),
    prefixes: ["LC_", "XDG_", "SYSTEMD_", "SUDO_"],
  },
  { owner: "the loader", names: [], prefixes: ["LD_", "DYLD_"] },
  {
    owner: "an interpreter",
    names:
      words(`JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS JAVA_HOME CLASSPATH R_HOME R_LIBS R_LIBS_USER
      R_LIBS_SITE R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER AWKPATH AWKLIBPATH GAWK_READ_TIMEOUT LUA_PATH
      LUA_CPATH GEM_HOME GEM_PATH VIRTUAL_ENV`),
    prefixes: ["PYTHON", "PERL5", "PERL_", "RUBY", "NODE_", "NPM_", "CONDA_", "JULIA_", "BUNDLE_"],
  },
  {
    owner: "tools that reach out",
    names: words(`HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY RSYNC_RSH RSYNC_PROXY CVS_RSH CURL_HOME
      CURL_CA_BUNDLE WGETRC SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES
      REQUESTS_CA_BUNDLE MAKEFLAGS MFLAGS GNUMAKEFLAGS`),
    prefixes: ["GIT_", "SSH_", "DOCKER_", "SINGULARITY", "APPTAINER"],
  },
  {
    owner: "the executor",
    names: [],
    prefixes: [
      "BATCH_",
      "SLURM_",
      "SBATCH_",
      "SRUN_",
      "CUDA_VISIBLE_",
      "OMP_",
      "GOOGLE_",
      "GCLOUD_",
      "CLOUDSDK_",
      "GCE_",
      "AWS_",
      "AZURE_",
    ],
  },
];

/**
 * The variables of one sample: of each column but `sample`, the values of all its rows, separated by spaces. Empty
 * cells leave nothing behind, so a column without values is the empty text. Columns must have passed `columnVariable`.
 */
export function sampleEnvironment(rows: readonly Row[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const column of columnsOf(rows)) {
    const { variable } = columnVariable(column);
    if (variable === null) continue; // among them `sample`: SAMPLE is ours
    environment[variable] = rows
      .map((row) => row[column] ?? "")
      .filter((value) => value !== "")
      .join(" ");
  }
  return environment;
}

/** The file behind SHEET: the rows of one sample, tab-separated, under the columns' own names. Empty without rows. */
export function sheetTsv(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  if (columns.length === 0) return "";
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  return lines.map((cells) => `${cells.map(plainCell).join("\t")}\n`).join("");
}

const columnsOf = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];

/** A cell cannot break its line: sheets with tabs or line ends inside cells are refused when read. */
const plainCell = (cell: string): string => cell.replace(/[\t\r\n]/g, " ");
