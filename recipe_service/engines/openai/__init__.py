"""Language models behind an OpenAI-compatible URL: vLLM, llama.cpp, Ollama, OpenAI."""
