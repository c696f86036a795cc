resource "google_cloudfunctions2_function" "main" {
  project     = var.project_id
  location    = var.region
  name        = var.name
  description = var.description

  build_config {
    runtime           = "nodejs24"
    entry_point       = var.entry_point
    service_account   = var.build_account_name
    docker_repository = var.docker_repository

    source {
      storage_source {
        bucket     = var.source_code.bucket
        object     = var.source_code.object
        generation = var.source_code.generation
      }
    }
  }

  service_config {
    service_account_email            = var.account_email
    available_memory                 = var.memory
    available_cpu                    = tostring(var.cpu)
    timeout_seconds                  = var.timeout_seconds
    max_instance_request_concurrency = var.concurrency
    min_instance_count               = var.min_instances
    max_instance_count               = var.max_instances
    ingress_settings                 = var.from_outside ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true
    environment_variables            = var.environment
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project_id
  location = var.region
  name     = google_cloudfunctions2_function.main.name
  role     = "roles/run.invoker"
  member   = each.value
}
