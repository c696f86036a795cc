# Who may do what: all of it is here, but for the callers of functions (functions.tf), the readers of secrets (config.tf) and
# of image mirrors (main.tf). terraform/README.md has the table with the reasons, and a test compares the two.

locals {
  database_only = {
    title      = "the ${local.database} database only"
    expression = "resource.name == \"projects/${var.project_id}/databases/${local.database}\""
  }
  # The build reads the upload, which the Functions service copies to a bucket of its own, gcf-v2-sources-NUMBER-REGION.
  sources_only = {
    title      = "sources of functions only"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\") || resource.name.startsWith(\"projects/_/buckets/${local.bucket_names["code"]}\")"
  }

  project_roles = {
    "api/batch.jobsViewer"           = null
    "api/datastore.user"             = local.database_only
    "api/logging.viewer"             = null
    "poll/batch.jobsEditor"          = null
    "poll/datastore.user"            = local.database_only
    "poll/logging.viewer"            = null
    "deliver/datastore.user"         = local.database_only
    "job/batch.agentReporter"        = null
    "job/logging.logWriter"          = null
    "build/logging.logWriter"        = null
    "build/storage.objectViewer"     = local.sources_only
    "trigger/eventarc.eventReceiver" = null
  }

  # Where a run is started, an object is made in its output folder and deleted again, to see whether jobs may write there.
  probes_only = {
    title      = "probes of output folders only"
    expression = "resource.name.extract(\"/.bioagent-probe-{id}\") != \"\""
  }
  # A resumed run takes results over as new objects; its manifests are written again when the pass is repeated, and the
  # ledger's own file in a run's folder whenever the run's state changes.
  manifests_only = {
    title = "manifests only"
    expression = join(" || ", [
      "resource.name.extract(\"/.bioagent/{path}\") != \"\"",
      "resource.name.endsWith(\"/job_manifest.json\")",
      "resource.name.endsWith(\"/run_manifest.json\")",
    ])
  }
  pipelines_only = {
    title      = "pipelines only"
    expression = "resource.name.startsWith(\"projects/_/buckets/${local.bucket_names["config"]}/objects/pipelines/\")"
  }

  bucket_roles = merge(
    { for who in ["api", "poll", "deliver"] : "${who}/storage.objectViewer/config" => { bucket = local.bucket_names["config"], condition = null } },
    { for who in ["api", "poll"] : "${who}/storage.objectViewer/results" => { bucket = local.results_bucket, condition = null } },
    {
      "api/storage.objectUser/results"     = { bucket = local.results_bucket, condition = local.probes_only }
      "poll/storage.objectCreator/results" = { bucket = local.results_bucket, condition = null }
      "poll/storage.objectUser/results"    = { bucket = local.results_bucket, condition = local.manifests_only }
      "poll/storage.objectUser/ledger"     = { bucket = local.bucket_names["ledger"], condition = null }
      "job/storage.objectUser/results"     = { bucket = local.results_bucket, condition = null }
    },
    merge([for bucket in local.input_buckets : {
      for who in ["api", "poll", "job"] : "${who}/storage.objectViewer/inputs/${bucket}" => { bucket = bucket, condition = null }
    }]...),
  )

  pubsub_agent = "serviceAccount:service-${data.google_project.main.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_project_iam_member" "main" {
  for_each = local.project_roles

  project = var.project_id
  member  = module.account[split("/", each.key)[0]].member
  role    = "roles/${split("/", each.key)[1]}"

  dynamic "condition" {
    for_each = each.value == null ? [] : [each.value]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}

resource "google_storage_bucket_iam_member" "main" {
  for_each   = local.bucket_roles
  depends_on = [module.bucket]

  bucket = each.value.bucket
  member = module.account[split("/", each.key)[0]].member
  role   = "roles/${split("/", each.key)[1]}"

  dynamic "condition" {
    for_each = each.value.condition == null ? [] : [each.value.condition]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}

# The one right to act as somebody: the poll submits jobs that run as the job account.
resource "google_service_account_iam_member" "submit" {
  service_account_id = module.account["job"].name
  role               = "roles/iam.serviceAccountUser"
  member             = module.account["poll"].member
}

resource "google_pubsub_topic_iam_member" "job" {
  project = var.project_id
  topic   = module.topic.name
  role    = "roles/pubsub.publisher"
  member  = module.account["job"].member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = module.account["build"].member
}

resource "google_artifact_registry_repository_iam_member" "job" {
  for_each = var.image_repositories

  project    = var.project_id
  location   = split("/", each.key)[0]
  repository = split("/", each.key)[1]
  role       = "roles/artifactregistry.reader"
  member     = module.account["job"].member
}

# Pub/Sub's own agent makes the tokens of pushes (Eventarc's too), and moves what cannot be delivered.
resource "google_service_account_iam_member" "token" {
  for_each   = toset(["push", "trigger"])
  depends_on = [module.topic]

  service_account_id = module.account[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent
}

resource "google_pubsub_topic_iam_member" "dead" {
  project = var.project_id
  topic   = module.topic.dead_topic_name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead" {
  project      = var.project_id
  subscription = module.topic.push_subscription_name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

# People who push pipelines.
resource "google_storage_bucket_iam_member" "author" {
  for_each   = var.authors
  depends_on = [module.bucket]

  bucket = local.bucket_names["config"]
  role   = "roles/storage.objectUser"
  member = each.key

  condition {
    title      = local.pipelines_only.title
    expression = local.pipelines_only.expression
  }
}
