locals {
  function_names = { for key in keys(local.functions) : key => "${var.name}-${key}" }

  # Known before the service exists, and among the audiences that Cloud Run accepts of a function (its custom audience);
  # the run.app address is known only afterwards, and a function's own variables could not name it.
  audiences = {
    for key, name in local.function_names : key => "https://${var.region}-${var.project_id}.cloudfunctions.net/${name}"
  }

  descriptions = {
    api     = "Starts, shows and changes runs."
    poll    = "Looks at the runs every minute, and at what Batch tells."
    deliver = "Tells people what has happened."
  }

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT = var.project_id
      # The framework's own error pages then hold no stack.
      NODE_ENV             = "production"
      BIOAGENT_STORE       = "firestore"
      BIOAGENT_DATABASE    = local.database
      BIOAGENT_EXECUTOR    = "gcp_batch"
      BIOAGENT_REGION      = var.region
      BIOAGENT_JOB_ACCOUNT = module.account["job"].email
      # Composed: the topic's own name would make a circle, because its push goes to the poll.
      BIOAGENT_TOPIC     = "projects/${var.project_id}/topics/${var.name}-batch"
      BIOAGENT_CONFIG    = "gs://${local.bucket_names["config"]}/bioagent.yaml"
      BIOAGENT_PIPELINES = "gs://${local.bucket_names["config"]}/pipelines"
      BIOAGENT_LEDGER    = "gs://${local.bucket_names["ledger"]}/bioagent"
    },
    var.public_url == null ? {} : { BIOAGENT_PUBLIC_URL = var.public_url },
  )

  # The second look at who calls, behind IAM. Eventarc chooses the audience of its tokens itself, so only the e-mail is given.
  own_environment = {
    api = {}
    poll = {
      BIOAGENT_INVOKERS = join(",", [module.account["scheduler"].email, module.account["push"].email])
      BIOAGENT_AUDIENCE = local.audiences["poll"]
    }
    deliver = {
      BIOAGENT_INVOKERS = module.account["trigger"].email
    }
  }

  callers = {
    api     = { for user in var.users : user => user }
    poll    = { for name in ["scheduler", "push"] : name => module.account[name].member }
    deliver = { trigger = module.account["trigger"].member }
  }
}

resource "google_storage_bucket_object" "code" {
  bucket = module.bucket["code"].name
  name   = "functions.zip"
  source = var.source_zip
}

resource "google_artifact_registry_repository" "functions" {
  depends_on = [module.project_services]

  project       = var.project_id
  location      = var.region
  repository_id = "${var.name}-functions"
  description   = "Images of the functions."
  format        = "DOCKER"

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 3
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }
}

module "function" {
  source   = "../function"
  for_each = local.functions
  # Built and started with its rights in place, not before them.
  depends_on = [
    module.project_services,
    google_project_iam_member.main,
    google_storage_bucket_iam_member.main,
    google_artifact_registry_repository_iam_member.build,
    google_storage_bucket_object.config,
  ]

  project_id         = var.project_id
  region             = var.region
  name               = local.function_names[each.key]
  description        = local.descriptions[each.key]
  entry_point        = each.key
  build_account_name = module.account["build"].name
  docker_repository  = "projects/${var.project_id}/locations/${var.region}/repositories/${google_artifact_registry_repository.functions.repository_id}"
  account_email      = module.account[each.key].email
  memory             = each.value.memory
  cpu                = each.value.cpu
  timeout_seconds    = each.value.timeoutSeconds
  concurrency        = each.value.concurrency
  min_instances      = each.value.minInstances
  max_instances      = each.value.maxInstances
  from_outside       = each.value.trigger == "http"
  environment        = merge(local.environment, local.own_environment[each.key])
  invokers           = local.callers[each.key]

  source_code = {
    bucket     = google_storage_bucket_object.code.bucket
    object     = google_storage_bucket_object.code.name
    generation = google_storage_bucket_object.code.generation
  }
}

module "schedule" {
  source   = "../schedule"
  for_each = { for key, function in local.functions : key => function if function.trigger == "schedule" }

  project_id      = var.project_id
  region          = var.region
  name            = local.function_names[each.key]
  description     = "A pass over the runs."
  schedule        = each.value.schedule
  uri             = module.function[each.key].uri
  audience        = local.audiences[each.key]
  account_email   = module.account["scheduler"].email
  timeout_seconds = each.value.timeoutSeconds
}

module "topic" {
  source     = "../topic"
  depends_on = [module.project_services]

  project_id         = var.project_id
  name               = "${var.name}-batch"
  push_endpoint      = module.function["poll"].uri
  audience           = local.audiences["poll"]
  push_account_email = module.account["push"].email
  timeout_seconds    = local.poll.timeoutSeconds
}

# Last of all: by then the functions have been built, for minutes, in which Eventarc's agent on a fresh project gets its rights.
module "event" {
  source     = "../event"
  for_each   = { for key, function in local.functions : key => function if function.trigger == "firestore" }
  depends_on = [module.function, google_project_iam_member.main, google_service_account_iam_member.token]

  project_id    = var.project_id
  region        = var.region
  location      = module.database.location
  name          = local.function_names[each.key]
  database      = module.database.database
  document      = each.value.document
  service       = module.function[each.key].name
  account_email = module.account["trigger"].email
}
