output "services" {
  description = "What is enabled, known once it is."
  value       = sort([for service in google_project_service.main : service.service])
}
