variable "project_id" {
  description = "The Google Cloud project; billing must be on."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id is 6 to 30 lower case letters, digits and hyphens, such as my-lab-123; it is neither the project's name nor its number. `gcloud projects list` shows it."
  }
}

variable "region" {
  description = "Where functions, database, buckets and jobs are."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is written like us-central1 or europe-west4: without a zone's letter at its end, and no multi-region."
  }
}

variable "name" {
  description = "What every resource's name begins with; another one makes a second installation in the same project."
  type        = string
  default     = "bioagent"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,16}[a-z0-9]$", var.name))
    error_message = "The name is 4 to 18 lower case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "database" {
  description = "Id of the Firestore database; null: the same as `name`."
  type        = string
  default     = null

  validation {
    condition     = var.database == null ? true : can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database))
    error_message = "A database id is 4 to 63 lower case letters, digits and hyphens, such as bioagent. The (default) database is not used: it may be somebody else's."
  }
}

variable "protect" {
  description = "Database, buckets with objects and secrets are not destroyed."
  type        = bool
  default     = true
}

variable "source_zip" {
  description = "The bundled functions, made by `npm run bundle`."
  type        = string

  validation {
    condition     = fileexists(var.source_zip)
    error_message = "There is no bundle of the functions at this path. `npm ci && npm run bundle` in the repository's folder makes it."
  }
}

variable "config_file" {
  description = "Your bioagent.yaml: channels, subscriptions, references, caps. Null: defaults only."
  type        = string
  default     = null

  validation {
    # Nothing but comments, or a mapping.
    condition     = var.config_file == null ? true : !can(regex("(?m)^[^#\\s]", try(file(var.config_file), "missing"))) || can(keys(yamldecode(file(var.config_file))))
    error_message = "The configuration is not there, or is not a YAML mapping (`channels:`, `subscriptions:` ...)."
  }
}

variable "pipelines_folder" {
  description = "A folder of pipelines (NAME.yaml) that are put into the bucket; null: they are pushed by `bioagent pipelines push` only."
  type        = string
  default     = null
}

variable "users" {
  description = "Who may start, cancel and read runs: user:ada@lab.org, group:seq@lab.org, serviceAccount:..., domain:lab.org."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for user in var.users : can(regex("^(user|group|serviceAccount|domain):[^\\s:]+$", user))])
    error_message = "A user is written user:ada@lab.org, group:seq@lab.org, serviceAccount:NAME@PROJECT.iam.gserviceaccount.com or domain:lab.org. allUsers and allAuthenticatedUsers are refused: whoever calls the API spends your money."
  }
}

variable "authors" {
  description = "Who may push pipelines, in the same form as users. A pipeline is a program that runs as the job account."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for author in var.authors : can(regex("^(user|group|serviceAccount|domain):[^\\s:]+$", author))])
    error_message = "An author is written user:ada@lab.org, group:seq@lab.org, serviceAccount:NAME@PROJECT.iam.gserviceaccount.com or domain:lab.org, and never everybody."
  }
}

variable "alert_emails" {
  description = "Who is told when the poll has stopped; [] for nobody, and no alert policy."
  type        = set(string)

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s:]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "An e-mail address is written ada@lab.org, without user: before it."
  }
}

variable "heartbeat_minutes" {
  description = "How long the poll may be silent before somebody is told."
  type        = number
  default     = 15

  validation {
    condition     = var.heartbeat_minutes >= 10 && var.heartbeat_minutes <= 1440 && floor(var.heartbeat_minutes) == var.heartbeat_minutes
    error_message = "Whole minutes from 10 to 1440: one pass may take five minutes, so less than 10 would raise false alarms."
  }
}

variable "input_buckets" {
  description = "Names of buckets that jobs read; none: NAME-PROJECT-inputs is made."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for bucket in var.input_buckets : can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", bucket))])
    error_message = "A bucket is given by its name alone: my-reads, not gs://my-reads and no folder."
  }
}

variable "output_bucket" {
  description = "Name of the bucket that results go to; null: NAME-PROJECT-results is made."
  type        = string
  default     = null

  validation {
    condition     = var.output_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.output_bucket))
    error_message = "A bucket is given by its name alone: my-results, not gs://my-results and no folder."
  }
}

variable "public_url" {
  description = "Where people will open the page, if that is not the API itself; no notice links to it yet."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null ? true : can(regex("^https://[^/\\s@]+(/\\S*)?$", var.public_url))
    error_message = "The page's address begins with https:// and holds no user or password."
  }
}

variable "network" {
  description = "A network of its own for the VMs, with Private Google Access. False: Batch's default, whose subnetwork must have it."
  type        = bool
  default     = true
}

variable "ip_range" {
  description = "Addresses of the VMs; a VM takes one."
  type        = string
  default     = "10.141.0.0/20"

  validation {
    condition     = can(cidrhost(var.ip_range, 1)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.ip_range))
    error_message = "A private IPv4 range is written like 10.141.0.0/20 (4,096 addresses)."
  }
}

variable "nat" {
  description = "VMs reach the internet: needed by scripts that download, and by registries without a mirror."
  type        = bool
  default     = false

  validation {
    condition     = !var.nat || var.network
    error_message = "NAT belongs to a network of its own: set network = true, or make NAT where your network is."
  }
}

variable "image_mirrors" {
  description = "Public registries that are mirrored in the region, and where they are: an https address or DOCKER_HUB."
  type        = map(string)
  default = {
    "quay.io"   = "https://quay.io"
    "docker.io" = "DOCKER_HUB"
  }

  validation {
    condition     = alltrue([for upstream in values(var.image_mirrors) : upstream == "DOCKER_HUB" || can(regex("^https://[^/\\s]+$", upstream))])
    error_message = "A mirror is written {\"ghcr.io\" = \"https://ghcr.io\"}, and Docker Hub {\"docker.io\" = \"DOCKER_HUB\"}."
  }
}

variable "image_repositories" {
  description = "Artifact Registry repositories of this project with images of your own, as LOCATION/NAME."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for repository in var.image_repositories : can(regex("^[a-z0-9-]+/[a-z][a-z0-9-]*$", repository))])
    error_message = "A repository is written LOCATION/NAME: us-central1/tools."
  }
}

variable "billing_account" {
  description = "For a budget: ABCDEF-123456-ABCDEF. Null: no budget. Needs rights on the billing account."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "A billing account is written ABCDEF-123456-ABCDEF; `gcloud billing accounts list` shows it."
  }
}

variable "monthly_budget" {
  description = "What a month may cost, jobs included, in whole units of the billing account's currency."
  type        = number
  default     = 200

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "A whole number of at least 1."
  }
}

variable "currency" {
  description = "The billing account's currency."
  type        = string
  default     = "USD"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.currency))
    error_message = "Three capital letters: USD, EUR."
  }
}

variable "indexes_file" {
  description = "For tests; null: infra/firestore.indexes.json."
  type        = string
  default     = null
}
