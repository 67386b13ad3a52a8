#include <cstdint>
#include <cstring>

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

int main() {
  if (std::strcmp(av_get_pix_fmt_name(AV_PIX_FMT_RGB24), "rgb24") != 0) return 1;
  SwsContext* context =
      sws_getContext(8, 8, AV_PIX_FMT_RGB24, 4, 4, AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr);
  if (context == nullptr) return 1;
  sws_freeContext(context);
  return 0;
}
