provider "google" {
  project = var.project_id
  region  = var.region

  # Rules and budgets refuse a person's credentials without a project that pays for the call.
  user_project_override = true
  billing_project       = var.project_id

  default_labels = {
    app = "bioagent"
  }
}

module "bioagent" {
  source = "../../modules/bioagent"

  project_id         = var.project_id
  region             = var.region
  protect            = true
  source_zip         = var.source_zip
  config_file        = "${path.root}/bioagent.yaml"
  pipelines_folder   = "${path.root}/pipelines"
  users              = var.users
  authors            = var.authors
  alert_emails       = var.alert_emails
  input_buckets      = var.input_buckets
  output_bucket      = var.output_bucket
  image_repositories = var.image_repositories
  nat                = var.nat
  billing_account    = var.billing_account
  monthly_budget     = var.monthly_budget
  currency           = var.currency
}
