variable "project_id" {
  type = string
}

variable "region" {
  type = string
}

variable "name" {
  type = string
}

variable "registry" {
  description = "As image names begin: quay.io."
  type        = string
}

variable "upstream" {
  description = "DOCKER_HUB, or the registry's https address."
  type        = string
}

variable "keep_days" {
  description = "Images are deleted so long after they were fetched, and fetched again when needed."
  type        = number
  default     = 90
}

variable "reader" {
  type = string
}
