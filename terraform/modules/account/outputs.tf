output "email" {
  # Composed, not read back: known while planning, so that a plan shows who gets what.
  value = "${google_service_account.main.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

output "member" {
  value = "serviceAccount:${google_service_account.main.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

output "name" {
  description = "projects/P/serviceAccounts/E-MAIL"
  value       = "projects/${var.project_id}/serviceAccounts/${google_service_account.main.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

output "unique_id" {
  description = "The number that AWS knows it by."
  value       = google_service_account.main.unique_id
}
