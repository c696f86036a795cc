output "name" {
  value = google_cloudfunctions2_function.main.name
}

output "uri" {
  description = "https://...run.app"
  value       = google_cloudfunctions2_function.main.service_config[0].uri
}
