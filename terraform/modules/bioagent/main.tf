data "google_project" "main" {
  project_id = var.project_id
}

locals {
  repository = "${path.module}/../../.."
  functions  = { for function in jsondecode(file("${local.repository}/functions/functions.json")) : function.name => function }
  poll       = local.functions["poll"]
  database   = coalesce(var.database, var.name)

  services = concat(
    [
      "artifactregistry.googleapis.com",
      "batch.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudfunctions.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "compute.googleapis.com",
      "eventarc.googleapis.com",
      "eventarcpublishing.googleapis.com",
      "firebaserules.googleapis.com",
      "firestore.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    var.billing_account == null ? [] : ["billingbudgets.googleapis.com"],
  )
}

module "project_services" {
  source = "../project_services"

  project_id = var.project_id
  services   = local.services
}

module "database" {
  source     = "../database"
  depends_on = [module.project_services]

  project_id   = var.project_id
  database     = local.database
  location     = var.region
  protect      = var.protect
  indexes_file = coalesce(var.indexes_file, "${local.repository}/infra/firestore.indexes.json")
  rules_file   = "${local.repository}/infra/firestore.rules"
}

module "network" {
  source     = "../network"
  count      = var.network ? 1 : 0
  depends_on = [module.project_services]

  project_id = var.project_id
  region     = var.region
  name       = var.name
  ip_range   = var.ip_range
  nat        = var.nat
}

module "registry" {
  source     = "../registry"
  for_each   = var.image_mirrors
  depends_on = [module.project_services]

  project_id = var.project_id
  region     = var.region
  name       = "${var.name}-${replace(each.key, ".", "-")}"
  registry   = each.key
  upstream   = each.value
  reader     = module.account["job"].member
}

module "alert" {
  source     = "../alert"
  count      = length(var.alert_emails) == 0 ? 0 : 1
  depends_on = [module.project_services]

  project_id = var.project_id
  region     = var.region
  name       = var.name
  service    = local.function_names["poll"]
  message    = "bioagent heartbeat"
  minutes    = var.heartbeat_minutes
  emails     = var.alert_emails
}

module "budget" {
  source     = "../budget"
  count      = var.billing_account == null ? 0 : 1
  depends_on = [module.project_services]

  project_id      = var.project_id
  project_number  = data.google_project.main.number
  name            = var.name
  billing_account = var.billing_account
  amount          = var.monthly_budget
  currency        = var.currency
  channels        = flatten(module.alert[*].channels)
}
