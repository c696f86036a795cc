output "name" {
  value = google_storage_bucket.main.name
}
